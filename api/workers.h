// A few threads for what may take long: parsing a batch, reading the disk, waiting for the token.
// The threads that serve sockets never do any of it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace varve::api {

/// The queue is bounded by whoever posts: the server admits so many requests at once.
class Workers {
 public:
  explicit Workers(unsigned threads);
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// Thread: any. Never blocks. `task` must not throw.
  void post(std::function<void()> task);
  /// Finishes what was posted, what that posts too, and ends the threads. Idempotent.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace varve::api
