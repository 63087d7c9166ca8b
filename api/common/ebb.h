// When memory goes back to the system: an allocator keeps what a burst took, for one that may never
// come.
#pragma once

#include <algorithm>
#include <cstdint>

namespace varve::api {

/// Watches how much of something is in use. Thread: one at a time.
class Ebb {
 public:
  /// `least`: a burst below it is not worth the trouble.
  explicit Ebb(std::uint64_t least) : least_(least) {}

  void rose(std::uint64_t in_use) { top_ = std::max(top_, in_use); }
  /// Whether little is left of the most that was in use since this last said so.
  bool fell(std::uint64_t in_use) {
    if (top_ < least_ || in_use > top_ / 8) return false;
    top_ = in_use;
    return true;
  }

 private:
  const std::uint64_t least_;
  std::uint64_t top_ = 0;
};

/// Once, at start: the allocator keeps a few megabytes a thread at most, and not 64 as it would
/// once it has seen a large block. The largest bodies get pages of their own, which go back at
/// once.
void keep_little_memory();

/// Gives back what this process has freed. Takes some milliseconds.
void give_back_memory();

}  // namespace varve::api
