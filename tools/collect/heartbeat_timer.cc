// Intervals between batches.
#include "tools/collect/heartbeat_timer.h"

namespace varve::collect {

HeartbeatTimer::HeartbeatTimer(Intake& intake, const Spool& spool, env::Clock& clock,
                               std::uint64_t interval_s)
    : intake_(intake),
      spool_(spool),
      clock_(clock),
      interval_s_(interval_s),
      idle_since_us_(clock.now_us()),
      sealed_ms_(clock.steady_ms()) {}

void HeartbeatTimer::notice_events() {
  if (intake_.empty() && intake_.count().batches == batches_) return;
  batches_ = intake_.count().batches;
  idle_since_us_ = clock_.now_us();
  sealed_ms_ = clock_.steady_ms();
}

Result<void> HeartbeatTimer::beat(std::uint64_t interval_s) {
  if (interval_s_ == 0) return {};
  notice_events();
  sealed_ms_ = clock_.steady_ms();
  return intake_.beat({idle_since_us_, interval_s, spool_.pending_batches()});
}

Result<void> HeartbeatTimer::start() {
  return beat(interval_s_);
}

Result<void> HeartbeatTimer::beat_if_due() {
  notice_events();
  if (!intake_.empty() || clock_.steady_ms() - sealed_ms_ < interval_s_ * 1'000) return {};
  return beat(interval_s_);
}

Result<void> HeartbeatTimer::stop() {
  return beat(0);
}

}  // namespace varve::collect
