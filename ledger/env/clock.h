// Time, as a dependency that is passed in: the ledger never asks the system itself.
#pragma once

#include <cstdint>

namespace varve::env {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Microseconds since 1970 UTC. May jump.
  [[nodiscard]] virtual std::uint64_t now_us() const = 0;
  /// Milliseconds from an arbitrary start. Never goes back.
  [[nodiscard]] virtual std::uint64_t steady_ms() const = 0;
};

}  // namespace varve::env
