// How long one exchange with a server may take: a silence ends it, and so does a server that sends
// or takes bytes so slowly that the exchange would last for ever.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "ledger/env/clock.h"

namespace varve::client {

class Patience {
 public:
  static constexpr std::uint64_t kSlowestBytesPerS = 4'096;

  /// Begins now. `silence_ms`: the longest silence; all in all there are twice that, and a second
  /// more for every 4,096 bytes that were sent or received, but never more than `most_ms`. It ends at once when
  /// `*cancelled` becomes true, which outlives it; null: nobody cancels.
  Patience(env::Clock& clock, std::uint64_t silence_ms,
           const std::atomic<bool>* cancelled = nullptr, std::uint64_t most_ms = UINT64_MAX)
      : clock_(clock),
        silence_ms_(silence_ms),
        most_ms_(most_ms),
        start_ms_(clock.steady_ms()),
        cancelled_(cancelled) {}

  void moved(std::uint64_t bytes) { bytes_ += bytes; }

  /// How long to wait for the next byte; 0 when the exchange has to end.
  [[nodiscard]] std::uint64_t left_ms() const {
    if (is_cancelled()) return 0;
    const std::uint64_t all_ms =
        std::min(most_ms_, 2 * silence_ms_ + bytes_ * 1'000 / kSlowestBytesPerS);
    const std::uint64_t taken_ms = clock_.steady_ms() - start_ms_;
    return taken_ms >= all_ms ? 0 : std::min(silence_ms_, all_ms - taken_ms);
  }

  [[nodiscard]] bool is_cancelled() const { return cancelled_ != nullptr && *cancelled_; }
  /// How long to wait before is_cancelled() is asked again.
  [[nodiscard]] std::uint64_t slice_ms() const { return cancelled_ != nullptr ? 100 : 60'000; }

 private:
  env::Clock& clock_;
  std::uint64_t silence_ms_;
  std::uint64_t most_ms_;
  std::uint64_t start_ms_;
  const std::atomic<bool>* cancelled_;
  std::uint64_t bytes_ = 0;  // sent and received; far below 2^54
};

}  // namespace varve::client
