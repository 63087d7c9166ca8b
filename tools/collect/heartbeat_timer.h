// When a collector that has nothing to send says so, so that its silence is told from its end.
#pragma once

#include <cstdint>

#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "tools/collect/intake.h"
#include "tools/collect/spool.h"

namespace varve::collect {

/// Seals a heartbeat at the start, whenever no batch was sealed for the interval, and at the end.
/// Thread: that of the intake.
class HeartbeatTimer {
 public:
  /// `interval_s` 0: it seals none. The references outlive it.
  HeartbeatTimer(Intake& intake, const Spool& spool, env::Clock& clock, std::uint64_t interval_s);

  // Errors of all: as Intake::flush.

  /// Before anything is taken.
  Result<void> start();
  /// To be called again and again. While events wait for their batch, there is no need of one.
  Result<void> beat_if_due();
  /// Nothing more will be taken.
  Result<void> stop();

 private:
  void notice_events();
  Result<void> beat(std::uint64_t interval_s);

  Intake& intake_;
  const Spool& spool_;
  env::Clock& clock_;
  std::uint64_t interval_s_;
  std::uint64_t batches_ = 0;        // of events, that were noticed
  std::uint64_t idle_since_us_ = 0;  // no event was taken from then on
  std::uint64_t sealed_ms_ = 0;      // when a batch was last noticed, a heartbeat's or another one
};

}  // namespace varve::collect
