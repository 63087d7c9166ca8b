// varved audit: the store of a server that is not running, checked down to the last byte.
#include "ledger/log/audit.h"

#include <unistd.h>

#include <cstdio>

#include "hsm/lanes.h"
#include "tools/common/exit_code.h"
#include "tools/common/visible.h"
#include "tools/varved/commands.h"
#include "tools/varved/log_site.h"
#include "tools/varved/open_tokens.h"

namespace varve::tools {
namespace {

void show_progress(std::uint64_t done, std::uint64_t total) {
  const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
  std::fprintf(stderr, "\r%3llu %%  %llu of %llu MiB", static_cast<unsigned long long>(percent),
               static_cast<unsigned long long>(done >> 20),
               static_cast<unsigned long long>(total >> 20));
}

void print_report(const std::string& name, const log::AuditReport& report) {
  for (const log::Finding& finding : report.findings)
    std::printf("%s: %s: %s\n", name.c_str(), visible(finding.where).c_str(),
                visible(finding.what).c_str());
  for (const log::Finding& later : report.unfinished)
    std::printf("%s: %s: %s\n", name.c_str(), visible(later.where).c_str(),
                visible(later.what).c_str());
  for (const auto& [month, destroyed] : report.destroyed)
    std::printf("%s: %s\n", name.c_str(), format::explain(month, destroyed).c_str());
  if (!report.not_understood.empty())
    std::printf("%s: %s\n", name.c_str(), report.not_understood.text().c_str());
  std::printf("%s: %s: %llu records, %llu frames, %llu segments, %llu checkpoints, %llu bytes\n",
              name.c_str(), report.findings.empty() ? "intact" : "DAMAGED",
              static_cast<unsigned long long>(report.records),
              static_cast<unsigned long long>(report.frames),
              static_cast<unsigned long long>(report.segments),
              static_cast<unsigned long long>(report.checkpoints),
              static_cast<unsigned long long>(report.bytes));
}

/// Whether the log is intact.
Result<bool> audit_log(const LogConfig& config, const std::string& data, hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(LogSite site, find_existing_site(config, data, tokens));
  ASSIGN_OR_RETURN(const auto lock, env::lock_for_reading(site.files->system_path(""), "lock"));
  const bool watched = isatty(STDERR_FILENO) == 1;
  // A token that does not answer now will say so when it is asked for a key.
  const auto sessions = tokens.sessions_at_once(hsm::Lanes::kMost);
  hsm::Lanes lanes(tokens, sessions ? *sessions : 1);
  const Environment one = environment_of(site, tokens);
  auto report = log::audit_files(
      site.options,
      {one.clock, one.random, one.files, one.signer, lanes, one.marks, one.notice},
      watched ? show_progress : [](std::uint64_t, std::uint64_t) {}, sessions ? *sessions : 1);
  if (watched) std::fprintf(stderr, "\n");
  if (!report) return std::move(report).error().during("auditing log " + config.name);
  print_report(config.name, *report);
  if (report->trouble) {
    const Error& why = *report->trouble;
    std::fprintf(stderr, "varved: the audit of log %s ended there: %s\n", config.name.c_str(),
                 why.message.c_str());
  }
  if (report->findings.empty() && report->mark_unknown)
    return Error(*report->mark_unknown)
        .during("comparing log " + config.name + ", which is intact otherwise, with its mark");
  return report->findings.empty();
}

Result<bool> audit_all(const std::string& config_path, const std::string& only) {
  ASSIGN_OR_RETURN(const Config config, load_config(config_path));
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(config));
  bool intact = true;
  bool found = false;
  for (const LogConfig& log : config.logs) {
    if (!only.empty() && log.name != only) continue;
    found = true;
    ASSIGN_OR_RETURN(const bool this_one, audit_log(log, config.data, *tokens));
    intact = intact && this_one;
  }
  if (!found) return not_found("the configuration has no log named " + only);
  return intact;
}

}  // namespace

int audit(const std::string& config_path, const std::string& log_name) {
  const auto intact = audit_all(config_path, log_name);
  if (!intact) return report(kVarved, intact.error());
  return *intact ? kExitOk : exit_code(Code::kCorrupt);
}

}  // namespace varve::tools
