// The spool: sealed batches on disk between reading and the log's receipt. It is the one owner of
// the collector's chain and of its input positions.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "tools/collect/sealer.h"
#include "tools/collect/state.h"

namespace varve::collect {

struct SpoolOptions {
  std::uint64_t bytes_max = 1u << 30;       // of batches waiting; beyond it commit() gives kFull
  std::uint64_t reserve_bytes = 16u << 20;  // disk space left for receipts and the state
  bool keep = false;                        // leave what was sent, without its positions, in sent/
};

/// Thread: every method from any; one thread commits, one sends.
class Spool {
 public:
  /// Recovers from whatever moment the last process ended at.
  /// Errors: kCorrupt  a batch or the state is damaged or missing: says which.  kIo.
  static Result<std::unique_ptr<Spool>> open(env::Filesystem& files, SpoolOptions options);

  /// From now on commit() asks whether the lock still keeps others out. It outlives the spool.
  void guard_by(const env::Lock& lock) { lock_ = &lock; }

  [[nodiscard]] Chain chain() const;
  /// Events so far that were too large for a record. The same number is in the state.
  [[nodiscard]] std::uint64_t refused() const;
  [[nodiscard]] std::vector<Position> positions_of(const std::string& path) const;

  /// Makes the batch and the positions durable together: when it returns, both are; after a crash
  /// within it, both are or neither is.
  /// Errors: kFull  no space in the spool or on the disk: nothing changed, repeat it later.
  ///         kWorm  another process may seal batches of this source: nothing changed.
  ///         kIo    nobody knows: every later commit fails too, recover by opening again.
  Result<void> commit(const Sealed& sealed, std::vector<Position> positions);

  /// Makes positions durable that come with no batch.
  /// Errors: kFull, kIo  the positions are what they were, here; on the disk nobody knows.
  Result<void> remember(std::span<const Position> positions);

  struct Pending {
    std::uint64_t sequence = 0;
    std::uint64_t bytes = 0;  // of its file
  };
  /// The oldest batch without a receipt.
  [[nodiscard]] std::optional<Pending> first_pending() const;
  [[nodiscard]] std::size_t pending_batches() const;
  [[nodiscard]] std::uint64_t pending_bytes() const;
  /// Its sealed bytes. Errors: kNotFound, kCorrupt, kIo.
  [[nodiscard]] Result<Buffer> batch(std::uint64_t sequence) const;

  /// The same of one that has a receipt already, where its file is still (or, with keep, always)
  /// there. Errors: as batch().
  [[nodiscard]] Result<Buffer> sent_batch(std::uint64_t sequence) const;

  /// The receipt of the first pending batch is durable: nothing sends it again. Its file goes with
  /// the next tidy(), which this calls itself now and then.
  Result<void> acknowledged(std::uint64_t sequence);
  /// Writes the state, then removes (or keeps) the files of acknowledged batches.
  /// Errors: kFull, kIo  nothing is lost, they stay longer.
  Result<void> tidy();

  /// Wait, at most that long, for a change of the spool, or for a call of wake().
  void wait_for_change(std::uint64_t most_ms);
  void wake();

 private:
  Spool(env::Filesystem& files, SpoolOptions options) : files_(files), options_(options) {}

  Result<void> recover();
  Result<void> recover_batch(std::uint64_t sequence) REQUIRES(mutex_);
  Result<void> adopt(std::uint64_t sequence, SpooledBatch spooled) REQUIRES(mutex_);
  Result<void> skip_those_with_receipts() REQUIRES(mutex_);
  Result<void> check_space(std::uint64_t bytes) REQUIRES(mutex_);
  Result<void> tidy_locked() REQUIRES(mutex_);
  [[nodiscard]] Buffer state_with(const Positions& positions) const REQUIRES(mutex_);
  Result<void> retire(std::uint64_t sequence);

  env::Filesystem& files_;
  SpoolOptions options_;
  const env::Lock* lock_ = nullptr;  // set before any thread uses the spool
  mutable Mutex mutex_;
  CondVar changed_;
  std::uint64_t changes_ GUARDED_BY(mutex_) = 0;
  Chain chain_ GUARDED_BY(mutex_);
  Positions positions_ GUARDED_BY(mutex_);
  std::uint64_t refused_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_to_send_ GUARDED_BY(mutex_) =
      0;  // of the batches, those before it have a receipt
  std::deque<Pending> pending_ GUARDED_BY(mutex_);  // without a receipt, in sequence
  std::deque<Pending> retired_ GUARDED_BY(mutex_);  // with a receipt, the file still there
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;      // of both
  std::optional<Error> failed_ GUARDED_BY(mutex_);
};

}  // namespace varve::collect
