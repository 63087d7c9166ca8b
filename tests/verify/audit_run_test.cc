// Records of what the server found when it re-read its store: counted, shown, and held to their
// rules.
#include "ledger/format/audit_run.h"

#include <gtest/gtest.h>

#include "good_log.h"

namespace varve::verify {
namespace {

format::AuditRun run_of(const LogBuilder& log, std::vector<std::string> damaged = {}) {
  return {log.origin, 10, 20, 1, TreeSize{log.records.size()}, 4'096, std::move(damaged)};
}

void append_run(LogBuilder& log, const format::AuditRun& run) {
  log.control(format::Kind::kAuditRun, format::audit_run_text(run));
}

TEST(AuditRuns, AreCountedAndTheLastOneIsShown) {
  LogBuilder log = good_log();
  EXPECT_EQ(audit(log).intact->audit_runs.count, 0U);
  append_run(log, run_of(log));
  append_run(log, run_of(log, {"segments/00000000.seg", "tree/00"}));
  log.server_batch(3);
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->audit_runs.count, 2U);
  EXPECT_EQ(outcome.intact->audit_runs.last.value, log.records.size() - 5);
  EXPECT_EQ(outcome.intact->audit_runs.damaged, 2U);
}

TEST(AuditRuns, AreCountedAcrossAnAuditThatIsContinued) {
  LogBuilder log = good_log();
  append_run(log, run_of(log, {"tree"}));
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  log.server_batch(2);
  const Outcome outcome = audit(log.files(), log.first.verifier, "", check.save());
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->audit_runs.count, 1U);
  EXPECT_EQ(outcome.intact->audit_runs.damaged, 1U);
}

TEST(AuditRuns, OfAnotherLogOrMalformedAreFindings) {
  for (const char* wrong : {"origin log.example/other", "origin  "}) {
    LogBuilder log = good_log();
    std::string text = format::audit_run_text(run_of(log));
    const std::string origin = "origin " + log.origin;
    text.replace(text.find(origin), origin.size(), wrong);
    log.control(format::Kind::kAuditRun, text);
    const Outcome outcome = audit(log);
    ASSERT_TRUE(outcome.finding) << wrong;
    EXPECT_EQ(outcome.finding->check, "audit run");
    EXPECT_EQ(outcome.finding->index->value, log.records.size() - 1);
  }
}

}  // namespace
}  // namespace varve::verify
