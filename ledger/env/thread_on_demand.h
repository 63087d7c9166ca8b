// A thread that is there while there is work for it: a server of many logs has few threads for those that rest.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "ledger/base/mutex.h"

namespace varve::env {

/// One job at a time. The thread is made for the first one, and again for the first one after it had nothing to do for
/// as long as it stays. Thread: any.
class ThreadOnDemand {
 public:
  /// `on_end` is called on the thread after each job; ended() holds then, and it may start the next.
  /// A log that is busy does not make a thread for each job: it stays without one.
  explicit ThreadOnDemand(
      std::function<void()> on_end = [] {},
      std::chrono::milliseconds stays = std::chrono::seconds(10));
  /// Waits for the running job.
  ~ThreadOnDemand();
  ThreadOnDemand(const ThreadOnDemand&) = delete;
  ThreadOnDemand& operator=(const ThreadOnDemand&) = delete;

  /// False: a job runs, or the system gives no thread; `job` is not run then.
  bool try_start(const std::function<void()>& job);
  /// Whether no job runs.
  [[nodiscard]] bool ended();
  /// Returns when none does.
  void wait();

 private:
  void loop();

  const std::function<void()> on_end_;
  const std::chrono::milliseconds stays_;
  Mutex mutex_;
  CondVar changed_;
  std::function<void()> job_ GUARDED_BY(mutex_);  // empty: none, or it runs
  bool busy_ GUARDED_BY(mutex_) = false;
  bool there_ GUARDED_BY(mutex_) = false;  // a thread that will look for a job
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);  // else one that has ended, or none
};

}  // namespace varve::env
