// Waiting for work.
#include "ledger/log/append_queue.h"

#include <chrono>
#include <utility>

namespace varve::log {
namespace {

// One step writes one frame, which is read and decrypted as a whole: this bounds the memory for it.
constexpr std::uint64_t kStepBytesMax = 8u << 20;
// While the token signs, less than this is left to wait a while: one frame costs less than many.
constexpr std::uint64_t kWorthAFrame = 1u << 20;

}  // namespace

void AppendQueue::push(Item item) {
  MutexLock lock(mutex_);
  if (stopping_ || bytes_ + item.size_bytes > bytes_max_) {
    const bool stopping = stopping_;
    lock.unlock();
    return item.done(stopping ? busy("the server is stopping")
                              : busy("too many appends are waiting: send this one again"));
  }
  bytes_ += item.size_bytes;
  items_.push_back(std::move(item));
  if (bytes_ >= worth_taking_) arrived_.notify_one();
}

AppendQueue::Work AppendQueue::take(std::uint64_t wait_ms, bool signing) {
  const Deadline deadline{std::chrono::milliseconds(wait_ms)};
  const MutexLock lock(mutex_);
  worth_taking_ = signing ? kWorthAFrame : 0;
  while (!stopping_ && !(signing && signed_) && (items_.empty() || bytes_ < worth_taking_))
    if (!arrived_.wait_until(mutex_, deadline)) break;
  signed_ = false;
  Work work;
  std::uint64_t taken = 0;
  while (!items_.empty() && (taken == 0 || taken + items_.front().size_bytes <= kStepBytesMax)) {
    taken += items_.front().size_bytes;
    work.items.push_back(std::move(items_.front()));
    items_.pop_front();
  }
  bytes_ -= taken;
  work.stopping = stopping_ && items_.empty();
  return work;
}

bool AppendQueue::anything_waiting() const {
  const MutexLock lock(mutex_);
  return !items_.empty();
}

void AppendQueue::wake() {
  const MutexLock lock(mutex_);
  signed_ = true;
  arrived_.notify_one();
}

void AppendQueue::stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  arrived_.notify_all();
}

std::uint64_t AppendQueue::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace varve::log
