// A log as a thief tells it who has the log's keys and its server, beside what a mirror saw of it when
// by its own clock. The log's days are what its clock records claim; the mirror's are its own.
#pragma once

#include "good_log.h"
#include "ledger/format/disposal.h"
#include "ledger/format/hold.h"
#include "ledger/format/observations.h"
#include "ledger/format/retention.h"
#include "ledger/verify/own_judgement.h"

namespace varve::verify {

class MirrorStory {
 public:
  static constexpr std::uint64_t kBeginUs = 1'771'582'501'000'000;  // 2026-02-20
  static constexpr std::uint32_t kMonth = 202'602;

  const SigningKey ann = SigningKey::make("ann", "ann");
  const SigningKey bob = SigningKey::make("bob", "bob");
  LogBuilder log;
  std::vector<format::Sighting> seen;
  format::MonthRange february{kMonth, {0}, {0}};
  std::size_t disposal_at = 0;

  /// With a policy of so many days, and no approvers yet.
  explicit MirrorStory(std::uint32_t period_days) { policy(period_days, false, {}); }

  /// The first month, and its one batch.
  void first_month() {
    clock(0);
    log.secret_batch(kMonth);
    clock(0);
    log.register_source(ward());
    log.batch(ward(), 3);
  }
  /// The second month begins on day 14.
  void second_month() {
    february.end = LeafIndex{log.records.size()};
    clock(14);
    log.secret_batch(202'603);
    log.batch(ward(), 1);
  }
  void policy(std::uint32_t period_days, bool automatic, std::vector<SigningKey> approvers) {
    format::Policy policy;
    policy.origin = log.origin;
    policy.number = policies_++;
    policy.previous = policy_leaf_;
    policy.key = log.first.verifier;
    policy.period = period_days;
    policy.automatic = automatic;
    approvers.insert(approvers.begin(), log.first);
    log.control(format::Kind::kPolicy, sign_note(format::policy_text(policy), approvers));
    policy_leaf_ = merkle::leaf_hash(log.records.back());
  }
  /// Ann and Bob; the clock record behind it is the caller's.
  void approvers() { approvers(bob, {ann, bob}); }
  /// Ann and somebody; who signs for it beside the log.
  void approvers(const SigningKey& second, std::vector<SigningKey> by) {
    format::KeyEvent named{format::KeyAction::kApprovers, log.origin, log.first.verifier, {}, {}};
    named.approvals = 2;
    named.approvers = {ann.verifier, second.verifier};
    by.insert(by.begin(), log.first);
    log.key_events.push_back(log.records.size());
    log.control(format::Kind::kKeyEvent, sign_note(format::key_event_text(named), by));
  }
  void clock(std::uint64_t day) {
    const std::uint64_t then = kBeginUs + day * format::kDayUs;
    log.control(
        format::Kind::kClock,
        format::clock_text({log.origin, clocks_++, then, then, day * format::kDayUs, {}, {}}));
  }
  void hold() {
    const format::Hold hold{log.origin, format::HoldAction::kPlace, "case", {}};
    log.control(format::Kind::kHold,
                sign_note(format::hold_note_text(hold, format::Mode::kLocked), {log.first}));
    hold_leaf_ = merkle::leaf_hash(log.records.back());
  }
  void release() {
    format::Hold hold{log.origin, format::HoldAction::kRelease, "case", {}};
    hold.placed = hold_leaf_;
    log.control(format::Kind::kHold,
                sign_note(format::hold_note_text(hold, format::Mode::kLocked), {ann, bob}));
  }
  void notice() {
    log.control(format::Kind::kNotice,
                format::notice_text({log.origin, policy_leaf_, {february}}, format::Mode::kLocked));
    notice_leaf_ = merkle::leaf_hash(log.records.back());
  }
  void disposal(bool by_policy = false) {
    const std::vector<Hash> leaves = leaves_of(log, february.end.value);
    const format::Disposal disposal{
        log.origin, policy_leaf_, notice_leaf_, {february}, merkle::root_of(leaves), by_policy};
    disposal_at = log.records.size();
    const std::string text = format::disposal_text(disposal, format::Mode::kLocked);
    log.control(format::Kind::kDisposal, by_policy ? text : sign_note(text, {ann, bob}));
  }

  /// On this day by its own clock the mirror sees what it saw before, and then all of it.
  void mirrored(std::uint64_t day) {
    format::Sighting now{kBeginUs + day * format::kDayUs, day * format::kDayUs / 1'000, {}, {}};
    if (!seen.empty()) {
      now.size = seen.back().size;
      now.root = seen.back().root;
      add_sighting(seen, now);
    }
    now.size = TreeSize{log.records.size()};
    now.root = merkle::root_of(leaves_of(log, log.records.size()));
    add_sighting(seen, now);
  }

  /// Of the first month, by all rules but one (0: by all).
  [[nodiscard]] std::vector<Doubt> doubts_without(int rule) const {
    const Outcome outcome = audit(log);
    EXPECT_TRUE(outcome.intact) << outcome.text();
    if (!outcome.intact) return {{-1, "not intact"}};
    std::vector<OwnRule> rules(own_rules().begin(), own_rules().end());
    std::erase_if(rules, [&](const OwnRule& each) { return each.number == rule; });
    const rules::Retention& retention = outcome.intact->retention;
    const Acts known = acts();
    return doubts(rules, {retention, *retention.find_month(kMonth), known, OwnTime(seen)});
  }
  [[nodiscard]] Acts acts() const {
    Acts acts(log.first.verifier);
    for (std::size_t k = 0; k < log.records.size(); ++k) {
      const auto record = format::decode_record(log.records[k]);
      if (!is_act(record->kind)) continue;
      const auto taken = acts.take(LeafIndex{k}, *record, merkle::leaf_hash(log.records[k]));
      EXPECT_TRUE(taken) << taken.error().message;
    }
    return acts;
  }

 private:
  std::uint64_t clocks_ = 0;
  std::uint64_t policies_ = 0;
  Hash policy_leaf_;
  Hash notice_leaf_;
  Hash hold_leaf_;
};

}  // namespace varve::verify
