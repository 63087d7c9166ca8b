// How often a log may ask: so many requests a day, an hour's worth of them at once.
#pragma once

#include <algorithm>
#include <cstdint>

namespace varve::witness {

/// Tokens that come back with time. Thread: one at a time.
class Allowance {
 public:
  /// Whether one more may be taken at `now_ms` (steady), and takes it. `per_day`: at least 1.
  bool take(std::uint64_t now_ms, std::uint64_t per_day) {
    const std::uint64_t room = std::clamp<std::uint64_t>(per_day / kHoursADay, kLeast, kMost);
    const std::uint64_t most = room * kDayMs;
    const std::uint64_t came = is_new_ ? most : std::min(now_ms - last_ms_, kDayMs) * per_day;
    left_ = std::min(most, left_ + came);
    last_ms_ = now_ms;
    is_new_ = false;
    if (left_ < kDayMs) return false;
    left_ -= kDayMs;
    return true;
  }

 private:
  static constexpr std::uint64_t kHoursADay = 24;
  static constexpr std::uint64_t kDayMs = 86'400'000;
  static constexpr std::uint64_t kLeast = 10;
  static constexpr std::uint64_t kMost = 3'600;

  std::uint64_t left_ = 0;  // requests times the milliseconds of a day
  std::uint64_t last_ms_ = 0;
  bool is_new_ = true;
};

}  // namespace varve::witness
