// The writer's side of the compliance clock: how long the log has run, what the host's clock says, and
// which clock record follows from these. What a clock record says is not chosen but computed
// (ledger/rules/timeline.h), so a clock that lost its battery, jumps or is set wrong moves no month
// back and makes nothing due; it is shown here. docs/format/retention.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/rules/retention.h"

namespace varve::log {

/// What the two clocks said at one moment.
struct Moment {
  std::uint64_t host_us = 0;
  std::uint64_t running_us = 0;  // that the log has run; 0 before its first clock record
};

/// Thread: one; report() from any.
class ComplianceClock {
 public:
  // The host's clock may be behind the reading by what it is stepped when it is set, and ahead by what
  // a stop leaves.
  static constexpr std::uint64_t kBehindMaxUs = 300'000'000;  // 5 minutes
  static constexpr std::uint64_t kAheadMaxUs = format::kDayUs;

  /// `earlier`: the months of a log that is older than its first clock record.
  ComplianceClock(env::Clock& clock, Notice notice, std::vector<format::EarlierMonth> earlier);

  /// Reads both clocks: what follows, up to the next look, is of this moment.
  void look(const rules::Retention& retention);
  [[nodiscard]] const Moment& moment() const { return moment_; }
  /// The clock record that may come next, now, with what time sources have stated.
  [[nodiscard]] format::Clock next(const rules::Retention& retention, std::string origin) const;
  /// What the statements since the newest clock record come to: the next one carries it. Requires
  /// statements and a clock record. Errors: kInvalid, kWorm  by which rule it does not count.
  [[nodiscard]] Result<format::Evidence> judge_statements(const rules::Retention& retention) const;
  /// Its reading.
  [[nodiscard]] std::uint64_t reading_us(const rules::Retention& retention) const;
  /// Whether a day (in a draft log a minute) has run since the newest clock record, or there is none.
  [[nodiscard]] bool is_due(const rules::Retention& retention) const;

  /// Fills in status.clock and status.clock_drift_us.
  void report(LogStatus& status) const;

 private:
  void compare(std::uint64_t reading_us);
  void tell_unused(const rules::Retention& retention);
  [[nodiscard]] std::optional<format::Evidence> evidence(const rules::Retention& retention) const;

  env::Clock& clock_;
  const Notice notice_;
  const std::vector<format::EarlierMonth> earlier_;
  std::optional<std::uint64_t> begun_ms_;  // of the steady clock: then the log had run `before_us_`
  std::uint64_t before_us_ = 0;
  Moment moment_;
  std::optional<LeafIndex>
      told_unused_;  // the last statement of those that no clock record will carry
  mutable Mutex mutex_;
  std::string trouble_ GUARDED_BY(mutex_);
  std::int64_t drift_us_ GUARDED_BY(mutex_) = 0;
};

}  // namespace varve::log
