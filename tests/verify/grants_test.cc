// Records of who may do what: counted, shown, and held to their rules by an auditor.
#include "ledger/rules/grants.h"

#include <gtest/gtest.h>

#include "good_log.h"

namespace varve::verify {
namespace {

/// Appends what comes after `last`, with a line of its text replaced. Returns where it is.
rules::GrantsAt append_grants(LogBuilder& log, const rules::GrantsAt* last, const std::string& who,
                              const std::string& from = "", const std::string& to = "") {
  const format::Grants next =
      rules::next_grants(last, log.origin, {{"token", "read", "", who}}, log.records.size());
  std::string text = format::grants_text(next);
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  const LeafIndex index{log.records.size()};
  log.control(format::Kind::kGrants, text);
  return {index, next};
}

TEST(GrantRecords, AreCountedAndTheNewestIsShownAcrossAnAuditThatIsContinued) {
  LogBuilder log = good_log();
  EXPECT_FALSE(audit(log).intact->grants.newest);
  const rules::GrantsAt first = append_grants(log, nullptr, "ann");
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  const rules::GrantsAt second = append_grants(log, &first, "bob");
  log.server_batch(2);
  const Outcome outcome = audit(log.files(), log.first.verifier, "", check.save());
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->grants.count, 2U);
  EXPECT_EQ(outcome.intact->grants.newest->index, second.index);
  EXPECT_EQ(outcome.intact->grants.newest->grants, second.grants);
}

TEST(GrantRecords, ThatContradictTheLogAreFindings) {
  const std::string origin = "origin " + good_log().origin;
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{origin, "origin log.example/other"},
        {"varve grants v1", "varve grants v0"},
        {"previous ", "previous 1"},
        {"grant ", "grant 1"}}) {
    LogBuilder log = good_log();
    const rules::GrantsAt first = append_grants(log, nullptr, "ann");
    append_grants(log, &first, "ann", from, to);
    const Outcome outcome = audit(log);
    ASSERT_TRUE(outcome.finding) << to;
    EXPECT_EQ(outcome.finding->check, "grants");
    EXPECT_EQ(outcome.finding->index->value, log.records.size() - 1);
  }
}

// Whoever holds the log's key writes two records in another order, numbers and all.
TEST(GrantRecords, ThatAreExchangedAreFindings) {
  LogBuilder log = good_log();
  const rules::GrantsAt first{
      LeafIndex{log.records.size()},
      rules::next_grants(nullptr, log.origin, {{"token", "read", "", "ann"}}, 1)};
  const format::Grants second =
      rules::next_grants(&first, log.origin, {{"token", "read", "", "bob"}}, 2);
  log.control(format::Kind::kGrants, format::grants_text(second));
  log.control(format::Kind::kGrants, format::grants_text(first.grants));
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->check, "grants");
  EXPECT_EQ(outcome.finding->index->value, log.records.size() - 2);
}

// A source's key, or none, makes no grants: only the log itself writes them.
TEST(GrantRecords, OfASourceAreFindings) {
  LogBuilder log = good_log();
  const std::string text = format::grants_text(
      rules::next_grants(nullptr, log.origin, {{"token", "read", "", "ann"}}, 1));
  log.event(id_of(ward()), 99, text, format::Kind::kGrants);
  log.batch(lab(), 1);
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_NE(outcome.text().find("log itself"), std::string::npos) << outcome.text();
}

}  // namespace
}  // namespace varve::verify
