// One thread, one job.
#include "ledger/log/background_task.h"

#include <utility>

#include "ledger/base/check.h"

namespace varve::log {

BackgroundThread::BackgroundThread(std::function<void()> on_end)
    : on_end_(std::move(on_end)), thread_([this] { loop(); }) {}

BackgroundThread::~BackgroundThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void BackgroundThread::start(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  CHECK(!busy_);
  busy_ = true;
  job_ = std::move(job);
  changed_.notify_all();
}

bool BackgroundThread::ended() {
  const std::lock_guard lock(mutex_);
  return !busy_;
}

void BackgroundThread::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_; });
}

void BackgroundThread::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || job_; });
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
