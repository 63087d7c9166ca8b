// Whether the machine's clock is set while the process runs: a steady clock shows it, which nobody sets.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/env/clock.h"

namespace varve::api {

/// Slewing stays unseen, and so does what is set while the process does not run. A machine that sleeps, or a virtual
/// one that is paused, looks as if its clock was set. Thread: one.
class ClockWatch {
 public:
  static constexpr std::uint64_t kDay_ms = 86'400'000;
  static constexpr std::int64_t kStepMax_us = 60'000'000;  // within a day

  /// Compares the two clocks. To be called often.
  void look(const env::Clock& clock);
  /// By how much the clock was set, the last time within a day; 0: it was not. Microseconds.
  [[nodiscard]] std::int64_t set_by_us(std::uint64_t now_ms) const;

 private:
  struct Seen {
    std::int64_t ahead_us;  // of the steady clock
    std::uint64_t at_ms;
  };
  std::optional<Seen> before_;
  Seen set_{};  // by how much, and when
};

}  // namespace varve::api
