// One place, and who waits for it.
#include "ledger/state/published_feed.h"

#include <utility>

namespace varve::state {

void PublishedFeed::put(std::shared_ptr<const Published> checkpoint) {
  const std::lock_guard lock(mutex_);
  newest_ = std::move(checkpoint);
  changed_.notify_all();
}

void PublishedFeed::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::shared_ptr<const Published> PublishedFeed::wait_beyond(TreeSize seen) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || (newest_ && seen < newest_->checkpoint.size); });
  return stopped_ ? nullptr : newest_;
}

std::shared_ptr<const Published> PublishedFeed::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace varve::state
