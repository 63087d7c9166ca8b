// varved restore: a lost store, built anew from a mirror that is not believed, so that the log goes
// on.
#include "ledger/upkeep/restore.h"

#include <cstdio>

#include "tools/common/exit_code.h"
#include "tools/common/mirror.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/destroyed_months.h"
#include "tools/varved/log_site.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/retention_config.h"

namespace varve::tools {
namespace {

Result<upkeep::RestoreReport> restore_log(const std::string& config_path,
                                          const std::string& log_name, const Mirror& mirror) {
  upkeep::Disposals disposals;
  ASSIGN_OR_RETURN(disposals.named, destroyed_months(mirror.destroyed));
  ASSIGN_OR_RETURN(const Config config, adopt_config(config_path));
  ASSIGN_OR_RETURN(const LogConfig found, find_log(config, log_name));
  ASSIGN_OR_RETURN(const auto files, env::open_posix(mirror.from));
  RETURN_IF_ERROR(expect_no_exchange(*files));
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(config));
  ASSIGN_OR_RETURN(LogSite site, prepare_site(found, config.data, *tokens));
  disposals.keys = keys_of_month(site, *tokens);
  auto report =
      upkeep::restore_store(site.options, environment_of(site, *tokens), *files, disposals);
  if (!report) return std::move(report).error().during("restoring log " + log_name);
  return report;
}

}  // namespace

int restore(const std::string& config_path, const std::string& log_name, const Mirror& mirror) {
  const auto restored = restore_log(config_path, log_name, mirror);
  if (!restored) return report(kVarved, restored.error());
  std::printf("%s: restored: %llu records in %llu segments\n", log_name.c_str(),
              static_cast<unsigned long long>(restored->size.value),
              static_cast<unsigned long long>(restored->segments));
  if (restored->is_draft) std::printf("%s: %s\n", log_name.c_str(), kIsADraft);
  for (const auto& [month, events] : restored->destroyed)
    std::printf("%s: of these, %llu events of %s stay destroyed: the log has their hashes alone\n",
                log_name.c_str(), static_cast<unsigned long long>(events), month.c_str());
  return kExitOk;
}

}  // namespace varve::tools
