// A call takes a lane that is free, or opens one, or waits for one.
#include "hsm/lanes.h"

namespace varve::hsm {

Result<Buffer> Lanes::wrap(std::string_view label, Bytes data_key) {
  return first_.wrap(label, data_key);
}

Result<env::SecretBytes> Lanes::unwrap(std::string_view label, Bytes wrapped) {
  TokenSet& lane = take();
  auto key = lane.unwrap(label, wrapped);
  give_back(lane);
  return key;
}

TokenSet& Lanes::take() {
  MutexLock lock(mutex_);
  for (;;) {
    while (free_.empty() && count_ >= most_) changed_.wait(mutex_);
    if (!free_.empty()) {
      TokenSet* const lane = free_.back();
      free_.pop_back();
      return *lane;
    }
    ++count_;
    lock.unlock();
    auto another = first_.open_another();
    lock.lock();
    if (another) {
      opened_.push_back(std::move(*another));
      return *opened_.back();
    }
    // It takes no more. Where the reason matters, it shows in the calls.
    most_ = --count_;
  }
}

void Lanes::give_back(TokenSet& lane) {
  const MutexLock lock(mutex_);
  free_.push_back(&lane);
  changed_.notify_one();
}

}  // namespace varve::hsm
