// Where a published checkpoint is handed on to whoever works on it afterwards: the keeper of the
// high-water mark does, and this is the place for anyone who is to cosign it. The pipeline leaves
// it here once everyone has been answered. A follower takes it on a thread of its own; none of its
// code runs on the pipeline's, so no slowness or failure of a follower can delay an answer.
#pragma once

#include <memory>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"

namespace varve::state {

/// Thread: any.
class PublishedFeed {
 public:
  /// Replaces the one before, taken or not: a checkpoint covers all that came before it.
  void put(std::shared_ptr<const format::SignedCheckpoint> checkpoint);
  /// Nothing is put any more: followers end their wait.
  void stop();
  /// Waits for a checkpoint of more than `seen` records. Null: stopped.
  [[nodiscard]] std::shared_ptr<const format::SignedCheckpoint> wait_beyond(TreeSize seen) const;
  /// The last one, also when stopped; null: none yet.
  [[nodiscard]] std::shared_ptr<const format::SignedCheckpoint> newest() const;

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::shared_ptr<const format::SignedCheckpoint> newest_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace varve::state
