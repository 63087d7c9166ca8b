// The one thread that talks to a token. A call that hangs in a driver cannot be cancelled, so it
// is left behind: its caller gets an answer in time, and the thread is not used until it is back.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "ledger/base/result.h"

namespace varve::hsm {

class Worker {
 public:
  explicit Worker(std::chrono::milliseconds timeout);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Waits for the running job, at most as long as the timeout; then leaves the thread behind.
  ~Worker();

  /// Runs `job` on the thread and waits for its end. The timeout counts from here on, so jobs in front of it
  /// take of it: whoever calls waits no longer than that, however many wait. After an error the job may still
  /// run, or may never run: it must own whatever it touches.
  /// Errors: kBusy  not done in time, or an earlier job is still stuck, or the system gives no thread.
  /// Thread: any.
  Result<void> run(std::function<void()> job);

 private:
  struct Shared;
  static void loop(const std::shared_ptr<Shared>& shared);

  const std::chrono::milliseconds timeout_;
  std::shared_ptr<Shared> shared_;
  std::thread
      thread_;  // made for the first job; guarded by the mutex of shared_ until the destructor
};

}  // namespace varve::hsm
