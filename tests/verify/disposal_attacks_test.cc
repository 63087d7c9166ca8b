// What a log says of months that were let go, and each lie in it that an auditor refuses, though the
// log's own key signed it: a disposal by one, early, without notice, under a hold, of other records.
#include <gtest/gtest.h>

#include <functional>

#include "good_log.h"
#include "ledger/format/disposal.h"
#include "ledger/format/hold.h"
#include "ledger/format/retention.h"

namespace varve::verify {
namespace {

using format::kDayUs;
using format::Kind;
using format::Mode;

constexpr std::uint64_t kBegins = 1'795'256'101'000'000;  // 2026-11-21
constexpr std::uint32_t kNovemberMonth = 202'611;

/// A log that is told as an attack lets it: three months, a notice of the first, and its disposal.
class LetGo {
 public:
  SigningKey ann = SigningKey::make("ann", "ann");
  SigningKey bob = SigningKey::make("bob", "bob");
  std::uint64_t due_days = 50;    // that the log has run at the notice
  std::uint64_t later_days = 58;  // and at the disposal
  bool with_notice = true;
  bool with_hold = false;          // behind the notice
  bool twice = false;              // the disposal
  std::uint64_t more_records = 0;  // than the month has, in what the disposal names
  std::function<void(format::Notice&)> change_notice = [](format::Notice&) {};
  std::function<void(format::Disposal&)> change = [](format::Disposal&) {};
  std::function<void(format::Disposed&)> change_end = [](format::Disposed&) {};
  std::vector<SigningKey> signers = {ann, bob};

  // Where the records stand, once log() was called.
  std::size_t notice_at = 0;
  std::size_t disposal_at = 0;
  std::size_t disposed_at = 0;

  LogBuilder log() {
    LogBuilder log;
    clocks = 0;
    begin(log);
    const std::size_t november_ends = log.records.size();
    clock(log, 14);
    log.secret_batch(202'612);
    log.batch(ward(), 1);
    clock(log, due_days);
    log.secret_batch(202'701);
    const format::MonthRange november{kNovemberMonth, {0}, {november_ends}};
    const Hash notice_leaf = notice(log, november);
    if (with_hold) {
      format::Hold hold{log.origin, format::HoldAction::kPlace, "case", {}};
      log.control(Kind::kHold, sign_note(format::hold_note_text(hold, Mode::kLocked), {log.first}));
    }
    clock(log, later_days);
    dispose(log, november, notice_leaf);
    log.batch(ward(), 1);
    return log;
  }

 private:
  std::uint64_t clocks = 0;
  Hash policy_leaf;

  void clock(LogBuilder& log, std::uint64_t days) {
    const std::uint64_t then = kBegins + days * kDayUs;
    log.control(Kind::kClock,
                format::clock_text({log.origin, clocks++, then, then, days * kDayUs, {}, {}}));
  }
  void begin(LogBuilder& log) {
    format::Policy policy;
    policy.origin = log.origin;
    policy.key = log.first.verifier;
    policy.period = 30;
    log.control(Kind::kPolicy, sign_note(format::policy_text(policy), {log.first}));
    policy_leaf = merkle::leaf_hash(log.records.back());
    clock(log, 0);
    log.secret_batch(202'611);
    format::KeyEvent named{format::KeyAction::kApprovers, log.origin, log.first.verifier, {}, {}};
    named.approvals = 2;
    named.approvers = {ann.verifier, bob.verifier};
    log.key_events.push_back(log.records.size());
    log.control(Kind::kKeyEvent, sign_note(format::key_event_text(named), {log.first, ann, bob}));
    clock(log, 0);
    log.register_source(ward());
    log.batch(ward(), 3);
  }
  /// Returns its leaf; zeros without one.
  Hash notice(LogBuilder& log, const format::MonthRange& november) {
    notice_at = log.records.size();
    if (!with_notice) return {};
    format::Notice notice{log.origin, policy_leaf, {november}};
    change_notice(notice);
    log.control(Kind::kNotice, format::notice_text(notice, Mode::kLocked));
    const Hash leaf = merkle::leaf_hash(log.records.back());
    clock(log, due_days);
    return leaf;
  }
  void dispose(LogBuilder& log, const format::MonthRange& november, const Hash& notice_leaf) {
    const std::vector<Hash> leaves = leaves_of(log, november.end.value + more_records);
    format::Disposal disposal{
        log.origin, policy_leaf, notice_leaf, {november}, merkle::root_of(leaves), false};
    disposal.months.front().end.value += more_records;
    change(disposal);
    disposal_at = log.records.size();
    const std::string text = format::disposal_text(disposal, Mode::kLocked);
    const std::string payload = disposal.by_policy ? text : sign_note(text, signers);
    log.control(Kind::kDisposal, payload);
    if (twice) log.control(Kind::kDisposal, payload);
    format::Disposed disposed{log.origin,     merkle::leaf_hash(log.records.back()),
                              kNovemberMonth, {0},
                              false,          {{format::KeyEnd::kDestroyed, "pkcs11:token=varve"}},
                              false};
    change_end(disposed);
    disposed_at = log.records.size();
    log.control(Kind::kDisposed, format::disposed_text(disposed, Mode::kLocked));
  }
};

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
