// How a disposer gives way to who appends, and tells that it is at work.
#include <algorithm>
#include <chrono>

#include "ledger/upkeep/disposer.h"

namespace varve::upkeep {

std::function<bool()> Disposer::goes_on() {
  return [this] {
    tell_of_time();
    if (gives_way_) give_way();
    return !is_stopping();
  };
}

/// It has minutes, and who appends has not: of processor and disk it takes half.
void Disposer::give_way() {
  constexpr std::uint64_t kWorkMs = 2;
  constexpr std::uint64_t kPauseMostMs = 10'000;  // a clock may jump
  const std::uint64_t worked_ms = env_.clock.steady_ms() - worked_since_ms_;
  if (worked_ms < kWorkMs) return;
  const Deadline deadline(std::chrono::milliseconds(std::min(worked_ms, kPauseMostMs)));
  {
    const MutexLock lock(mutex_);
    while (!stopping_ && changed_.wait_until(mutex_, deadline)) continue;
  }
  worked_since_ms_ = env_.clock.steady_ms();
}

void Disposer::tell_of_time() {
  const std::uint64_t hours = under_way_.hours_to_tell();
  if (hours == 0) return;
  tell("disposal_under_way", "the removal of what records dispose of has taken " +
                                 std::to_string(hours) + (hours == 1 ? " hour" : " hours") +
                                 " so far, and is at " + ending_ +
                                 ". Appends go on. The next start goes on with it after a stop");
}

}  // namespace varve::upkeep
