// What a log's commit thread does not wait for: a job that runs beside it, one at a time. It is how a
// token signs while the next records are written.
#pragma once

#include <functional>

#include "ledger/env/thread_on_demand.h"

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

/// A thread for it while there are jobs. The destructor waits for the running job. Where the system gives no thread,
/// the caller's does the job.
class BackgroundThread final : public BackgroundTask {
 public:
  /// `on_end` is called on the thread after each job; ended() holds then.
  explicit BackgroundThread(const std::function<void()>& on_end)
      : on_end_(on_end), thread_(on_end) {}

  void start(std::function<void()> job) override;
  [[nodiscard]] bool ended() override { return thread_.ended(); }
  void wait() override { thread_.wait(); }

 private:
  const std::function<void()> on_end_;
  env::ThreadOnDemand thread_;
};

}  // namespace varve::log
