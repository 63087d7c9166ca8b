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
  void begin() {
    began_ms_ = clock_.steady_ms();
    hours_ = 0;
  }
  /// For how many hours it has been under way, once for each; 0: there is nothing to tell. After begin().
  std::uint64_t hours_to_tell() {
    constexpr std::uint64_t kHourMs = 3'600'000;
    const std::uint64_t hours = (clock_.steady_ms() - began_ms_) / kHourMs;
    if (hours == hours_) return 0;
    hours_ = hours;
    return hours;
  }

 private:
  const env::Clock& clock_;
  std::uint64_t began_ms_ = 0;
  std::uint64_t hours_ = 0;  // that were told
};

}  // namespace varve::upkeep
