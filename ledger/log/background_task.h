// What a log's commit thread does not wait for: a job that runs beside it, one at a time. It is how a
// token signs while the next records are written.
#pragma once

#include <functional>
#include <thread>

#include "ledger/base/mutex.h"

namespace varve::log {

/// Thread: one at a time; wait() from any. A job owns whatever it touches: it may run when its owner has gone.
class BackgroundTask {
 public:
  virtual ~BackgroundTask() = default;
  /// Requires that no job runs.
  virtual void start(std::function<void()> job) = 0;
  /// Whether the job that was started last has ended.
  [[nodiscard]] virtual bool ended() = 0;
  /// Returns when it has.
  virtual void wait() = 0;
};

/// A thread for it. The destructor waits for the running job.
class BackgroundThread final : public BackgroundTask {
 public:
  /// `on_end` is called on the thread after each job; ended() holds then.
  explicit BackgroundThread(std::function<void()> on_end);
  ~BackgroundThread() override;
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  void start(std::function<void()> job) override;
  [[nodiscard]] bool ended() override;
  void wait() override;

 private:
  void loop();

  const std::function<void()> on_end_;
  Mutex mutex_;
  CondVar changed_;
  std::function<void()> job_ GUARDED_BY(mutex_);  // empty: none, or it runs
  bool busy_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace varve::log
