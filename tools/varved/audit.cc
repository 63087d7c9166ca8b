// varved audit: the store of a server that is not running, checked down to the last byte.
#include "ledger/upkeep/audit.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "hsm/lanes.h"
#include "ledger/base/visible.h"
#include "tools/common/exit_code.h"
#include "tools/varved/commands.h"
#include "tools/varved/config.h"
#include "tools/varved/log_site.h"
#include "tools/varved/open_tokens.h"
#include "tools/varved/retention_config.h"

namespace varve::tools {
namespace {

void show_progress(std::uint64_t done, std::uint64_t total) {
  const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
  std::fprintf(stderr, "\r%3llu %%  %llu of %llu MiB", static_cast<unsigned long long>(percent),
               static_cast<unsigned long long>(done >> 20),
               static_cast<unsigned long long>(total >> 20));
}

void print_report(const std::string& name, const upkeep::AuditReport& report) {
  for (const upkeep::StoreFinding& finding : report.findings)
    std::printf("%s: %s: %s\n", name.c_str(), visible(finding.where).c_str(),
                visible(finding.what).c_str());
  for (const upkeep::StoreFinding& later : report.unfinished)
    std::printf("%s: %s: %s\n", name.c_str(), visible(later.where).c_str(),
                visible(later.what).c_str());
  for (const auto& [month, destroyed] : report.destroyed)
    std::printf("%s: %s\n", name.c_str(), rules::explain(month, destroyed).c_str());
  if (report.is_draft) std::printf("%s: %s\n", name.c_str(), kIsADraft);
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

struct Verdict {
  bool intact = false;
  std::optional<Error> mark_unknown;  // why its mark says nothing
};

Result<Verdict> audit_log(const LogConfig& config, const std::string& data, hsm::TokenSet& tokens) {
  ASSIGN_OR_RETURN(LogSite site, find_existing_site(config, data, tokens));
  ASSIGN_OR_RETURN(const auto lock, env::lock_for_reading(site.files->system_path(""), "lock"));
  const bool watched = isatty(STDERR_FILENO) == 1;
  // A token that does not answer now will say so when it is asked for a key.
  const auto sessions = tokens.sessions_at_once(hsm::Lanes::kMost);
  hsm::Lanes lanes(tokens, sessions ? *sessions : 1);
  const Environment one = environment_of(site, tokens);
  auto report = upkeep::audit_files(
      site.options, {one.clock, one.random, one.files, one.signer, lanes, one.marks, one.notice},
      watched ? show_progress : [](std::uint64_t, std::uint64_t) {}, sessions ? *sessions : 1);
  if (watched) std::fprintf(stderr, "\n");
  if (!report) return std::move(report).error().during("auditing log " + config.name);
  print_report(config.name, *report);
  if (report->trouble) {
    const Error& why = *report->trouble;
    std::fprintf(stderr, "varved: the audit of log %s ended there: %s\n", config.name.c_str(),
                 why.message.c_str());
  }
  Verdict verdict{report->findings.empty(), {}};
  if (report->mark_unknown)  // of a mark that is damaged, too: that says nothing of the store
    verdict.mark_unknown =
        invalid("log " + config.name +
                " cannot be compared with its high-water mark: " + report->mark_unknown->message);
  return verdict;
}

/// All logs, whatever is found in one of them.
Result<Verdict> audit_all(const std::string& config_path, const std::string& only) {
  ASSIGN_OR_RETURN(const Config config, adopt_config(config_path));
  ASSIGN_OR_RETURN(const auto tokens, open_tokens(config));
  Verdict all{true, {}};
  bool found = false;
  for (const LogConfig& log : config.logs) {
    if (!only.empty() && log.name != only) continue;
    found = true;
    ASSIGN_OR_RETURN(Verdict verdict, audit_log(log, config.data, *tokens));
    all.intact = all.intact && verdict.intact;
    if (verdict.mark_unknown) {
      std::fprintf(stderr, "varved: %s\n", visible(verdict.mark_unknown->message).c_str());
      all.mark_unknown = std::move(verdict.mark_unknown);
    }
  }
  if (!found) return not_found("the configuration has no log named " + only);
  return all;
}

}  // namespace

int audit(const std::string& config_path, const std::string& log_name) {
  const auto verdict = audit_all(config_path, log_name);
  if (!verdict) return report(kVarved, verdict.error());
  if (!verdict->intact) return exit_code(Code::kCorrupt);
  return verdict->mark_unknown ? exit_code(Code::kInvalid) : kExitOk;
}

}  // namespace varve::tools
