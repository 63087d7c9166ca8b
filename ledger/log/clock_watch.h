// The clock, held against what is known without it: when the newest segment was begun, and how much
// time has passed since. A clock can lose its battery, be set wrong, or jump; what depends on it
// here is under which month's key a new segment goes, which decides when its events may be disposed
// of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/state/start.h"
#include "ledger/store/segment_format.h"

namespace varve::log {

/// Thread: one; report() from any.
class ClockWatch {
 public:
  // Clocks are stepped by seconds when they are set; a machine that was suspended jumps ahead by
  // hours, and a log that nobody wrote to for a year is rare enough to ask.
  static constexpr std::uint64_t kBehindMaxUs = 300'000'000;              // 5 minutes
  static constexpr std::uint64_t kAheadMaxUs = 86'400'000'000;            // a day, at once
  static constexpr std::uint64_t kAheadAtStartMaxUs = 366 * kAheadMaxUs;  // of the newest segment

  ClockWatch(env::Clock& clock, Notice notice, const state::NewestSegment& newest);

  /// To be called at the start, then again and again: what changed between two calls is a jump.
  void look();
  /// Sets the time and the month of a segment that is begun now: the clock's, but never before
  /// those of the segment before it.
  void date(store::SegmentHeader& header) const;
  /// That segment is there. From now on it is the newest.
  void opened(const store::SegmentHeader& header);
  /// Whether the newest segment, opened in this life, is so old or its month has ended.
  [[nodiscard]] bool is_over(std::uint64_t age_max_s) const;
  /// No segment can be begun: its month, as date() has set it, was disposed of. Returns what to
  /// tell.
  Error refuse(std::uint32_t month);

  /// Fills in status.clock and status.clock_jumps.
  void report(LogStatus& status) const;

 private:
  void drifted(std::int64_t by_us, std::uint64_t now_us);
  void jumped(std::int64_t by_us, std::uint64_t now_us);
  void note_start(std::uint64_t now_us);
  void tell(const std::string& event, const std::string& sentence) const;
  [[nodiscard]] bool is_behind(std::uint64_t now_us) const;
  [[nodiscard]] std::string trouble_at(std::uint64_t now_us) const;

  env::Clock& clock_;
  const Notice notice_;
  state::NewestSegment newest_;
  std::uint64_t opened_us_ = 0;  // the clock's, when the newest segment was opened
  std::uint64_t opened_steady_ms_ = 0;
  bool looked_ = false;
  std::uint64_t seen_us_ = 0;  // at the last look
  std::uint64_t seen_steady_ms_ = 0;
  std::int64_t off_us_ = 0;  // more than has passed since the clock was right for all that is known
  bool was_behind_ = false;
  std::string at_start_;                  // what was wrong then, and still may be
  std::optional<std::uint32_t> refused_;  // month
  mutable Mutex mutex_;
  std::string trouble_ GUARDED_BY(mutex_);
  std::uint64_t jumps_ GUARDED_BY(mutex_) = 0;
};

}  // namespace varve::log
