// A log whose first month was let go, told as an attack lets it.
#pragma once

#include <functional>

#include "good_log.h"
#include "ledger/format/disposal.h"
#include "ledger/format/hold.h"
#include "ledger/format/retention.h"

namespace varve::verify {

inline constexpr std::uint64_t kLetGoBegins = 1'795'256'101'000'000;  // 2026-11-21
inline constexpr std::uint32_t kLetGoMonth = 202'611;

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
    const format::MonthRange november{kLetGoMonth, {0}, {november_ends}};
    const Hash notice_leaf = notice(log, november);
    if (with_hold) {
      format::Hold hold{log.origin, format::HoldAction::kPlace, "case", {}};
      log.control(format::Kind::kHold,
                  sign_note(format::hold_note_text(hold, format::Mode::kLocked), {log.first}));
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
    const std::uint64_t then = kLetGoBegins + days * format::kDayUs;
    log.control(
        format::Kind::kClock,
        format::clock_text({log.origin, clocks++, then, then, days * format::kDayUs, {}, {}}));
  }
  void begin(LogBuilder& log) {
    format::Policy policy;
    policy.origin = log.origin;
    policy.key = log.first.verifier;
    policy.period = 30;
    log.control(format::Kind::kPolicy, sign_note(format::policy_text(policy), {log.first}));
    policy_leaf = merkle::leaf_hash(log.records.back());
    clock(log, 0);
    log.secret_batch(202'611);
    format::KeyEvent named{format::KeyAction::kApprovers, log.origin, log.first.verifier, {}, {}};
    named.approvals = 2;
    named.approvers = {ann.verifier, bob.verifier};
    log.key_events.push_back(log.records.size());
    log.control(format::Kind::kKeyEvent,
                sign_note(format::key_event_text(named), {log.first, ann, bob}));
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
    log.control(format::Kind::kNotice, format::notice_text(notice, format::Mode::kLocked));
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
    const std::string text = format::disposal_text(disposal, format::Mode::kLocked);
    const std::string payload = disposal.by_policy ? text : sign_note(text, signers);
    log.control(format::Kind::kDisposal, payload);
    if (twice) log.control(format::Kind::kDisposal, payload);
    format::Disposed disposed{log.origin,  merkle::leaf_hash(log.records.back()),
                              kLetGoMonth, {0},
                              false,       {{format::KeyEnd::kDestroyed, "pkcs11:token=varve"}},
                              false};
    change_end(disposed);
    disposed_at = log.records.size();
    log.control(format::Kind::kDisposed, format::disposed_text(disposed, format::Mode::kLocked));
  }
};

}  // namespace varve::verify
