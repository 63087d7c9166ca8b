// varved restore: a lost store, built anew from a mirror that is not believed, so that the log goes
// on.
#include "ledger/log/restore.h"

#include <cstdio>

#include "tools/common/exit_code.h"
#include "tools/varved/commands.h"
#include "tools/varved/world.h"

namespace varve::tools {
namespace {

Result<log::RestoreReport> restore_log(const std::string& config_path, const std::string& log_name,
                                       const std::string& from) {
  ASSIGN_OR_RETURN(const Config config, load_config(config_path));
  ASSIGN_OR_RETURN(const LogConfig found, find_log(config, log_name));
  ASSIGN_OR_RETURN(const auto mirror, env::open_posix(from));
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(config));
  ASSIGN_OR_RETURN(LogSite site, prepare_log(found, config.data, *tokens));
  auto report = log::restore_store(site.options, environment_of(site, *tokens), *mirror);
  if (!report) return std::move(report).error().during("restoring log " + log_name);
  return report;
}

}  // namespace

int restore(const std::string& config_path, const std::string& log_name, const std::string& from) {
  const auto restored = restore_log(config_path, log_name, from);
  if (!restored) return report(kVarved, restored.error());
  std::printf("%s: restored: %llu records in %llu segments\n", log_name.c_str(),
              static_cast<unsigned long long>(restored->size.value),
              static_cast<unsigned long long>(restored->segments));
  if (restored->destroyed > 0)
    std::printf("%s: of these, %llu were destroyed before the mirror was made: their hashes are there\n",
                log_name.c_str(), static_cast<unsigned long long>(restored->destroyed));
  return kExitOk;
}

}  // namespace varve::tools
