// One thread, one job.
#include "ledger/log/background_task.h"

#include <utility>

#include "ledger/base/check.h"

namespace varve::log {

BackgroundThread::BackgroundThread(std::function<void()> on_end)
    : on_end_(std::move(on_end)), thread_([this] { loop(); }) {}

BackgroundThread::~BackgroundThread() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void BackgroundThread::start(std::function<void()> job) {
  const MutexLock lock(mutex_);
  CHECK(!busy_);
  busy_ = true;
  job_ = std::move(job);
  changed_.notify_all();
}

bool BackgroundThread::ended() {
  const MutexLock lock(mutex_);
  return !busy_;
}

void BackgroundThread::wait() {
  const MutexLock lock(mutex_);
  while (busy_) changed_.wait(mutex_);
}

void BackgroundThread::loop() {
  MutexLock lock(mutex_);
  for (;;) {
    while (!stopping_ && !job_) changed_.wait(mutex_);
    if (!job_) return;
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

}  // namespace varve::log
