// The distance of two clocks, and what becomes of it in a day.
#include "api/outbound/clock_watch.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kTogether_ms = 1'000;

}  // namespace

void ClockWatch::look(const env::Clock& clock) {
  const std::uint64_t first_ms = clock.steady_ms();
  const auto host_us = static_cast<std::int64_t>(clock.now_us());
  const std::uint64_t now_ms = clock.steady_ms();
  if (now_ms - first_ms > kTogether_ms) return;  // the thread was held up in between
  const Seen now{host_us - static_cast<std::int64_t>(now_ms * 1'000), now_ms};
  if (!before_) before_ = now;
  const std::int64_t by_us = now.ahead_us - before_->ahead_us;
  const bool is_set = by_us > kStepMax_us || by_us < -kStepMax_us;
  if (is_set) set_ = {by_us, now_ms};
  if (is_set || now_ms - before_->at_ms >= kDay_ms) before_ = now;
}

std::int64_t ClockWatch::set_by_us(std::uint64_t now_ms) const {
  return set_.ahead_us != 0 && now_ms - set_.at_ms < kDay_ms ? set_.ahead_us : 0;
}

}  // namespace varve::api
