// varved repair: damaged segments of a server that is not running, replaced from a copy that is not
// believed.
#include "ledger/upkeep/repair.h"

#include <cstdio>

#include "ledger/base/visible.h"
#include "tools/common/exit_code.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/log_site.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/remote_file.h"

namespace varve::tools {
namespace {

/// The copy is a directory here, or below a URL.
Result<upkeep::OpenInCopy> open_copy(const Copy& copy) {
  if (copy.from.find("://") != std::string::npos)
    return upkeep::OpenInCopy(
        [copy](const std::string& path) { return open_remote_file(copy.from, copy.http, path); });
  ASSIGN_OR_RETURN(std::shared_ptr<const env::Filesystem> files, env::open_posix(copy.from));
  return upkeep::OpenInCopy([files](const std::string& path) { return files->open_read(path); });
}

Result<upkeep::RepairReport> repair_log(const std::string& config_path, const std::string& log_name,
                                        const Copy& from) {
  ASSIGN_OR_RETURN(const Config config, adopt_config(config_path));
  ASSIGN_OR_RETURN(const LogConfig found, find_log(config, log_name));
  ASSIGN_OR_RETURN(const upkeep::OpenInCopy copy, open_copy(from));
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(config));
  ASSIGN_OR_RETURN(LogSite site, find_existing_site(found, config.data, *tokens));
  auto report = upkeep::repair_store(site.options, environment_of(site, *tokens), copy,
                                     keys_of_month(site, *tokens));
  if (!report) return std::move(report).error().during("repairing log " + log_name);
  return report;
}

}  // namespace

int repair(const std::string& config_path, const std::string& log_name, const Copy& from) {
  const auto repaired = repair_log(config_path, log_name, from);
  if (!repaired) return report(kVarved, repaired.error());
  for (std::size_t k = 0; k < repaired->replaced.size(); ++k) {
    const std::string& kept = repaired->kept[k];
    std::printf("%s: %s: replaced; %s%s\n", log_name.c_str(), repaired->replaced[k].c_str(),
                kept.empty() ? "it was missing" : "what it was is in ", kept.c_str());
  }
  if (repaired->unfinished) {
    std::fflush(stdout);  // what was replaced stands in front of why it ended
    const std::string doing = "repairing log " + log_name + ", behind what was replaced";
    return report(kVarved, Error(*repaired->unfinished).during(doing));
  }
  for (const upkeep::StoreFinding& finding : repaired->left)
    std::printf("%s: %s: %s\n", log_name.c_str(), visible(finding.where).c_str(),
                visible(finding.what).c_str());
  if (repaired->mark_unknown)
    std::printf("%s: its high-water mark was not compared: %s\n", log_name.c_str(),
                visible(repaired->mark_unknown->message).c_str());
  std::printf("%s: %s\n", log_name.c_str(), repaired->left.empty() ? "intact" : "DAMAGED");
  return repaired->left.empty() ? kExitOk : exit_code(Code::kCorrupt);
}

}  // namespace varve::tools
