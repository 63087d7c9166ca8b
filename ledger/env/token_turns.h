// Whose turn it is at a token that several logs share. Appends wait for checkpoints, so these never wait here; what
// can wait does, and whatever strangers ask for waits longest and is bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"

namespace varve::env {

/// Of one token, or of several that stand for one another. At most one signature that can wait is under way, for all
/// logs together: a checkpoint finds no more than this one before it. Thread: any.
class TokenTurns {
 public:
  static constexpr std::chrono::milliseconds kRest{100};  // between two signatures for receipts
  static constexpr std::chrono::milliseconds kReceiptPatience{1'000};
  static constexpr std::chrono::milliseconds kWitnessYields{1'000};  // to checkpoints
  static constexpr std::chrono::milliseconds kWitnessPatience{5'000};

  /// Lasts until it is destroyed. Its TokenTurns outlive it.
  class [[nodiscard]] Turn {
   public:
    ~Turn() {
      if (turns_ != nullptr) turns_->end(kind_);
    }
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), kind_(other.kind_) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn& operator=(Turn&&) = delete;

   private:
    friend class TokenTurns;
    enum class Kind : std::uint8_t { kCheckpoint, kWitnesses, kReceipts };
    Turn(TokenTurns& turns, Kind kind) : turns_(&turns), kind_(kind) {}

    TokenTurns* turns_;  // null: moved from
    Kind kind_;
  };

  /// At once. For all signatures of one checkpoint.
  Turn for_checkpoint();
  /// When no checkpoint has one, or after kWitnessYields: appends that never pause must not keep a log from its
  /// witnesses. Before all that wait for receipts.
  /// Errors: kBusy  others that can wait had it for kWitnessPatience.
  Result<Turn> for_witnesses();
  /// When nobody else has or wants one, and kRest after the last for receipts.
  /// Errors: kBusy  not within kReceiptPatience.
  Result<Turn> for_receipts();

 private:
  void end(Turn::Kind kind);

  Mutex mutex_;
  CondVar changed_;
  unsigned checkpoints_ GUARDED_BY(mutex_) = 0;        // have a turn
  unsigned witnesses_waiting_ GUARDED_BY(mutex_) = 0;  // for one
  bool other_ GUARDED_BY(mutex_) = false;              // whether one that can wait has a turn
  std::uint64_t receipts_ GUARDED_BY(mutex_) = 0;      // had a turn
  std::optional<Deadline> rest_ GUARDED_BY(mutex_);    // after the last of these
};

}  // namespace varve::env
