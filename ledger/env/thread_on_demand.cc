// The thread's life.
#include "ledger/env/thread_on_demand.h"

#include <utility>

#include "ledger/env/thread.h"

namespace varve::env {

ThreadOnDemand::ThreadOnDemand(std::function<void()> on_end, std::chrono::milliseconds stays)
    : on_end_(std::move(on_end)), stays_(stays) {}

ThreadOnDemand::~ThreadOnDemand() {
  MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  std::thread last = std::move(thread_);
  lock.unlock();
  if (last.joinable()) last.join();
}

bool ThreadOnDemand::try_start(const std::function<void()>& job) {
  const MutexLock lock(mutex_);
  if (busy_ || stopping_) return false;
  if (!there_) {
    if (thread_.joinable()) thread_.join();  // it needs the lock no more
    auto started = start_thread([this] { loop(); });
    if (!started) return false;
    thread_ = std::move(*started);
    there_ = true;
  }
  busy_ = true;
  job_ = job;
  changed_.notify_all();
  return true;
}

bool ThreadOnDemand::ended() {
  const MutexLock lock(mutex_);
  return !busy_;
}

void ThreadOnDemand::wait() {
  const MutexLock lock(mutex_);
  while (busy_) changed_.wait(mutex_);
}

void ThreadOnDemand::loop() {
  MutexLock lock(mutex_);
  for (;;) {
    const Deadline deadline(stays_);
    while (!stopping_ && !job_)
      if (!changed_.wait_until(mutex_, deadline)) break;
    if (!job_) {
      there_ = false;
      return;
    }
    const std::function<void()> job = std::exchange(job_, nullptr);
    lock.unlock();
    job();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
    lock.unlock();
    on_end_();
    lock.lock();
  }
}

}  // namespace varve::env
