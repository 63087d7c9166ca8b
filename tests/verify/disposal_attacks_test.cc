// What a log says of months that were let go, and each lie in it that an auditor refuses, though the
// log's own key signed it: a disposal by one, early, without notice, under a hold, of other records.
#include <gtest/gtest.h>

#include "let_go.h"

namespace varve::verify {
namespace {

void expect_refused(LetGo told, std::size_t LetGo::*at, const std::string& check,
                    const std::string& why) {
  const Outcome outcome = audit(told.log());
  ASSERT_TRUE(outcome.finding) << why;
  EXPECT_EQ(outcome.finding->index, LeafIndex{told.*at}) << outcome.text();
  EXPECT_EQ(outcome.finding->check, check) << outcome.text();
  EXPECT_NE(outcome.finding->what.find(why), std::string::npos) << outcome.text();
}
void expect_disposal_refused(const LetGo& told, const std::string& why) {
  expect_refused(told, &LetGo::disposal_at, "disposal", why);
}

TEST(LettingGo, AsApproversDidIsIntact) {
  EXPECT_TRUE(audit(LetGo().log()).intact) << audit(LetGo().log()).text();
}

TEST(LettingGo, WithoutNoticeOrBeforeItIsOldIsRefused) {
  LetGo told;
  told.with_notice = false;
  expect_disposal_refused(told, "R26: there is no such notice");
  told = {};
  told.later_days = 56;
  expect_disposal_refused(told, "R26: the notice is too young");
}

TEST(LettingGo, NoticesAreOfMonthsThatAreDueAndUnderThePolicyInForce) {
  LetGo told;
  told.due_days = 42;
  expect_refused(told, &LetGo::notice_at, "notice", "R23: the month 2026-11 is not due");
  told = {};
  told.change_notice = [](format::Notice& notice) { notice.policy = {}; };
  expect_refused(told, &LetGo::notice_at, "notice", "R25: ");
  told = {};
  told.change_notice = [](format::Notice& notice) { notice.months.front().end.value -= 1; };
  expect_refused(told, &LetGo::notice_at, "notice", "R21: ");
  told = {};
  told.change_notice = [](format::Notice& notice) { notice.origin = "audit.example.org/other"; };
  expect_refused(told, &LetGo::notice_at, "notice", "of another log");
}

TEST(LettingGo, ByFewerThanTheLogDemandsIsRefused) {
  LetGo told;
  told.signers = {told.ann};
  expect_disposal_refused(told, "R28: ");
  told.signers = {told.ann, SigningKey::make("eve", "eve")};
  expect_disposal_refused(told, "R28: ");
  told.signers = {told.ann, LogBuilder().first};
  expect_disposal_refused(told, "R28: ");
  told = {};
  told.change = [](format::Disposal& disposal) { disposal.by_policy = true; };
  expect_disposal_refused(told, "R28: ");
}

TEST(LettingGo, BehindAHoldTakesANewNotice) {
  LetGo told;
  told.with_hold = true;
  expect_disposal_refused(told, "R24: the month 2026-11 is under the hold case");
}

TEST(LettingGo, OfOtherRecordsAnotherHistoryOrAnotherLogIsRefused) {
  LetGo told;
  told.more_records = 1;
  expect_disposal_refused(told, "R21: ");
  told = {};
  told.change = [](format::Disposal& disposal) { disposal.root.bytes[3] ^= std::byte{1}; };
  expect_disposal_refused(told, "another tree than that of the log's first");
  told = {};
  told.change = [](format::Disposal& disposal) { disposal.origin = "audit.example.org/other"; };
  expect_disposal_refused(told, "of another log");
  told = {};
  told.change = [](format::Disposal& disposal) { disposal.policy.bytes[3] ^= std::byte{1}; };
  expect_disposal_refused(told, "R25: ");
}

TEST(LettingGo, TwiceIsRefused) {
  LetGo told;
  told.twice = true;
  const Outcome outcome = audit(told.log());
  ASSERT_TRUE(outcome.finding);
  EXPECT_NE(outcome.finding->what.find("R22: "), std::string::npos) << outcome.text();
}

TEST(LettingGo, SaysWhatBecameOfWhatWasDisposedOf) {
  LetGo told;
  told.change_end = [](format::Disposed& disposed) { disposed.disposal = {}; };
  expect_refused(told, &LetGo::disposed_at, "disposed", "R30: there is no such disposal");
  told.change_end = [](format::Disposed& disposed) { disposed.month = 202'612; };
  expect_refused(told, &LetGo::disposed_at, "disposed", "R30: there is no such disposal");
}

}  // namespace
}  // namespace varve::verify
