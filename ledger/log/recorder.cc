// Waiting, and recording.
#include "ledger/log/recorder.h"

namespace varve::log {

void Recorder::start() {
  thread_ = std::jthread([this] { run(); });
}

void Recorder::look() {
  if (!sequencer_.needs_record()) return;
  { const std::lock_guard lock(mutex_); }  // the other one is before its question or asleep
  changed_.notify_one();
}

void Recorder::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Recorder::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || sequencer_.needs_record(); });
    if (stopping_) return;
    lock.unlock();
    sequencer_.record();
    sequencer_.update_lookups();
    lock.lock();
  }
}

}  // namespace varve::log
