// Whoever trusts nobody has the last word.
#include <chrono>
#include <thread>

#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/site.h"
#include "tools/common/exit_code.h"

namespace varve::audit::assess {
namespace {

constexpr const char* kRefused = "no-credential: GET";
constexpr int kLooksMax = 60;
constexpr auto kLookAgain = std::chrono::seconds(2);

const std::vector<Clause> kAudited = {Clause::kAuditControls, Clause::kStoringIsVerified,
                                      Clause::kTimeStampedTrail};

Result<Answered> auditor_says(Site& site, const char* command) {
  return run_with(site,
                  {program("varve-audit"), command, "--config", site.asked.config, "--log",
                   site.log.name, "--vkey", site.vkey},
                  {});
}

Result<Answered> check(Site& site) {
  return auditor_says(site, "check");
}

/// Refusals are summed up for a minute before they are on record.
Result<Answered> who_was_refused(Site& site) {
  for (int looks = 1;; ++looks) {
    auto answered = auditor_says(site, "reads");
    if (!answered || looks == kLooksMax || answered->text.find(kRefused) != std::string::npos)
      return answered;
    std::this_thread::sleep_for(kLookAgain);
  }
}

Expected intact(std::vector<std::string> says) {
  return {Wanted::kDone, {tools::kExitOk, tools::kExitGone}, std::move(says)};
}

}  // namespace

Attempt who_was_refused_attempt() {
  return {"who-was-refused", "List who read what, and who was refused, from the log's records.",
          kAudited, intact({kRefused}), who_was_refused};
}

Group auditor_group() {
  return {"What an auditor says afterwards",
          {{"check", "Audit the whole log: every record, hash, seal, key and signature.", kAudited,
            intact({"intact"}), check}}};
}

}  // namespace varve::audit::assess
