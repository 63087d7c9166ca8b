// How slow a peer may be.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace varve::api {

/// A body that comes, or a response that goes: the peer has a head start, then it has to keep up a
/// least rate, from the beginning and on average. Silence is the slowest rate.
struct Pace {
  std::chrono::milliseconds most;  // for all of it
  std::chrono::milliseconds head_start;
  std::uint64_t bytes_per_second;

  /// The time since the beginning at which one who has moved so many bytes is cut off.
  [[nodiscard]] std::chrono::milliseconds allowed(std::uint64_t bytes) const {
    const std::chrono::milliseconds due{bytes / bytes_per_second * 1000 +
                                        bytes % bytes_per_second * 1000 / bytes_per_second};
    return std::min(most, head_start + due);
  }
};

}  // namespace varve::api
