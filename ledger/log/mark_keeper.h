// Carries each published checkpoint to the high-water mark, on a thread of its own: a place for marks
// may be a token or another disk, and a commit never waits for either.
#pragma once

#include <cstdint>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/ledger.h"
#include "ledger/state/storage.h"

namespace varve::log {

/// Thread: any. Writes nothing before start(); without marks in the environment nothing at all.
class MarkKeeper {
 public:
  MarkKeeper(const std::string& origin, const Environment& environment, state::Storage& storage);
  ~MarkKeeper() { stop(); }
  MarkKeeper(const MarkKeeper&) = delete;
  MarkKeeper& operator=(const MarkKeeper&) = delete;

  /// Writes the mark now, so that a place that lost it has it again, and from then on every few
  /// seconds while the log grows. A write that fails is counted and tried again; an
  /// operator is told of the first. One that is refused because another process wrote there stops
  /// the log (SoleWriter).
  void start();
  /// Writes the mark a last time. Nothing is published any more. Idempotent.
  void stop();
  /// Fills in mark and mark_failures.
  void report(LogStatus& status) const;

 private:
  void run();
  void write_mark(const format::SignedCheckpoint& newest);
  [[nodiscard]] TreeSize written() const;

  const Hash log_;
  env::HighWaterMark* const marks_;
  const Notice notice_;
  state::Storage& storage_;
  mutable Mutex mutex_;
  CondVar stopped_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  TreeSize written_ GUARDED_BY(mutex_);
  std::uint64_t failures_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;  // start() and stop()
};

}  // namespace varve::log
