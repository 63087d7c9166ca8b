// What waits to be committed, between the threads that append and the one that commits.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/log/group.h"

namespace varve::log {

/// Thread: any.
class AppendQueue {
 public:
  /// `bytes_max` of items wait at most.
  explicit AppendQueue(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Tells the sender at once when there is no room, or the log is stopping.
  void push(Item item);

  struct Work {
    std::vector<Item> items;  // what one step takes: one frame is read and decrypted as a whole
    bool stopping = false;    // and nothing else waits
  };

  /// Waits at most `wait_ms` for something to do: while the token signs, for the end of that or for
  /// much to write.
  Work take(std::uint64_t wait_ms, bool signing);

  [[nodiscard]] bool anything_waiting() const;
  /// The token has answered.
  void wake();
  /// Refuses what is pushed from now on; what waits is still taken.
  void stop();
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  const std::uint64_t bytes_max_;
  mutable Mutex mutex_;
  CondVar arrived_;
  std::deque<Item> items_ GUARDED_BY(mutex_);
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t worth_taking_ GUARDED_BY(mutex_) = 0;  // so many bytes: take() waits for them
  bool signed_ GUARDED_BY(mutex_) = false;             // since the last take()
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace varve::log
