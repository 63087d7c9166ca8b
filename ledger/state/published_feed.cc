// One place, and who waits for it.
#include "ledger/state/published_feed.h"

#include <utility>

namespace varve::state {

void PublishedFeed::put(std::shared_ptr<const format::SignedCheckpoint> checkpoint) {
  const MutexLock lock(mutex_);
  newest_ = std::move(checkpoint);
  changed_.notify_all();
}

void PublishedFeed::stop() {
  const MutexLock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::shared_ptr<const format::SignedCheckpoint> PublishedFeed::wait_beyond(TreeSize seen) const {
  const MutexLock lock(mutex_);
  while (!stopped_ && (!newest_ || newest_->checkpoint.size <= seen)) changed_.wait(mutex_);
  return stopped_ ? nullptr : newest_;
}

std::shared_ptr<const format::SignedCheckpoint> PublishedFeed::newest() const {
  const MutexLock lock(mutex_);
  return newest_;
}

}  // namespace varve::state
