// A few threads for what may take long: parsing a batch, reading the disk, waiting for the token.
// The threads that serve sockets never do any of it.
#pragma once

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

/// The queue is bounded by whoever posts: the server admits so many requests at once. Tasks of the
/// anonymous run on at most half of the threads, and by turns with those of clients: they take
/// neither the threads nor the queue from them.
class Workers {
 public:
  explicit Workers(unsigned threads);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Thread: any. Never blocks. `task` must not throw.
  void post(const Asker& asker, TaskQueue::Task task);
  /// Finishes what was posted, what that posts too, and ends the threads. Idempotent.
  void stop();

 private:
  void run();
  [[nodiscard]] bool may_take_anonymous() const REQUIRES(mutex_);
  [[nodiscard]] bool may_take() const REQUIRES(mutex_) {
    return !clients_.empty() || may_take_anonymous();
  }
  [[nodiscard]] bool finished() const REQUIRES(mutex_) {
    return stopping_ && clients_.empty() && anonymous_.empty();
  }

  const unsigned anonymous_max_;  // threads at anonymous tasks
  Mutex mutex_;
  CondVar changed_;
  TaskQueue clients_ GUARDED_BY(mutex_);
  TaskQueue anonymous_ GUARDED_BY(mutex_);
  bool anonymous_next_ GUARDED_BY(mutex_) = false;  // whose turn it is when both wait
  unsigned anonymous_running_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace varve::api
