// A few threads for what may take long: parsing a batch, reading the disk, waiting for the token.
// The threads that serve sockets never do any of it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "api/access/gate.h"
#include "ledger/base/mutex.h"

namespace varve::api {

/// Tasks of many askers. Each asker's are taken in their order, and the askers by turns: whoever
/// posts many waits longer, and makes others wait for one at a time.
class TaskQueue {
 public:
  using Task = std::function<void()>;

  void push(const std::string& asker, Task task);
  /// Not when it is empty.
  Task pop();
  [[nodiscard]] bool empty() const { return turns_.empty(); }

 private:
  using Waiting = std::map<std::string, std::deque<Task>>;
  Waiting waiting_;                      // nobody without a task
  std::deque<Waiting::iterator> turns_;  // each once
};

/// Searches take long, and whoever asks may ask again and again.
enum class TaskKind : std::uint8_t { kOther, kSearch };

/// The queue is bounded by whoever posts: the server admits so many requests at once. Tasks of the
/// anonymous run on at most half of the threads, and so do searches. Both take turns with the other tasks
/// of clients: they take neither the threads nor the queue from them.
class Workers {
 public:
  explicit Workers(unsigned threads);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Thread: any. Never blocks. `task` must not throw.
  void post(const Asker& asker, TaskQueue::Task task, TaskKind kind = TaskKind::kOther);
  /// Finishes what was posted, what that posts too, and ends the threads. Idempotent.
  void stop();
  /// A task that takes long ends early then. Thread: any.
  [[nodiscard]] bool is_stopping() const;

 private:
  enum LaneId : std::size_t { kOfClients, kOfAnonymous, kSearches, kLanes };
  struct Lane {
    TaskQueue waiting;
    unsigned running = 0;
    unsigned most = 0;  // threads at its tasks
  };

  void run();
  /// Whose turn it is, of those that have a task and room for one more; null: nobody's.
  [[nodiscard]] Lane* next_lane() REQUIRES(mutex_);
  [[nodiscard]] bool finished() const REQUIRES(mutex_);

  mutable Mutex mutex_;
  CondVar changed_;
  std::array<Lane, kLanes> lanes_ GUARDED_BY(mutex_);
  std::size_t last_ GUARDED_BY(mutex_) = kOfClients;  // the lane that had a turn last
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace varve::api
