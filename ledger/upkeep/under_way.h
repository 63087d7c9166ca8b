// Work that may take hours tells of it each hour, so that nobody takes it for work that hangs.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/env/clock.h"

namespace varve::upkeep {

/// Thread: one at a time.
class UnderWay {
 public:
  explicit UnderWay(const env::Clock& clock) : clock_(clock) {}
  /// One try of it begins; it goes on with what tries before left.
  void begin() { began_ms_ = clock_.steady_ms(); }
  /// That try ends.
  void end(bool is_done) {
    before_ms_ = is_done ? 0 : before_ms_ + clock_.steady_ms() - began_ms_;
    if (is_done) hours_ = 0;
  }
  /// How many hours all tries took, once for each; 0: there is nothing to tell. Between begin() and end(). Who does not
  /// ask, because one step takes long, does not learn it.
  std::uint64_t hours_to_tell() {
    constexpr std::uint64_t kHourMs = 3'600'000;
    const std::uint64_t hours = (before_ms_ + clock_.steady_ms() - began_ms_) / kHourMs;
    if (hours == hours_) return 0;
    hours_ = hours;
    return hours;
  }

 private:
  const env::Clock& clock_;
  std::uint64_t before_ms_ = 0;  // of tries that have ended
  std::uint64_t began_ms_ = 0;
  std::uint64_t hours_ = 0;  // that were told
};

}  // namespace varve::upkeep
