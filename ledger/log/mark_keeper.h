// Carries published checkpoints to the high-water mark, on a thread of its own: a place for marks
// may be a token or another disk, and a commit never waits for either.
#pragma once

#include <cstdint>

#include "ledger/base/mutex.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/env/thread_on_demand.h"
#include "ledger/ledger.h"
#include "ledger/state/storage.h"

namespace varve::log {

/// Thread: any. Without marks in the environment it writes nothing.
class MarkKeeper {
 public:
  MarkKeeper(const std::string& origin, const Environment& environment, state::Storage& storage);
  ~MarkKeeper() { stop(); }
  MarkKeeper(const MarkKeeper&) = delete;
  MarkKeeper& operator=(const MarkKeeper&) = delete;

  /// To be called at the start, so that a place that lost its mark has it again, and whenever something may have been
  /// published. Does not wait. The mark is written every few seconds while the log grows. A write that fails is counted
  /// and tried again; an operator is told of the first. One that is refused because another process wrote there stops
  /// the log (SoleWriter). Where the system gives no thread, that counts as a failed write.
  void look();
  /// In how many milliseconds look() is to be called again, whatever is published. UINT64_MAX: not.
  [[nodiscard]] std::uint64_t due_in_ms() const;
  /// Writes the mark a last time, if look() was ever called. Nothing is published any more. Idempotent.
  void stop();
  /// Fills in mark and mark_failures.
  void report(LogStatus& status) const;

 private:
  void run();
  [[nodiscard]] bool pause();
  [[nodiscard]] bool is_behind() const;
  void write_mark(const format::SignedCheckpoint& newest);
  void note_failure(const std::string& why) REQUIRES(mutex_);
  [[nodiscard]] TreeSize written() const;

  const Hash log_;
  env::HighWaterMark* const marks_;
  const Notice notice_;
  const env::Clock& clock_;
  state::Storage& storage_;
  mutable Mutex mutex_;
  CondVar stopped_;
  bool looked_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  TreeSize written_ GUARDED_BY(mutex_);
  std::uint64_t failures_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_try_ms_ GUARDED_BY(mutex_) = 0;  // steady; 0: no thread was refused
  env::ThreadOnDemand thread_{[this] { look(); }};    // last: it uses all the others
};

}  // namespace varve::log
