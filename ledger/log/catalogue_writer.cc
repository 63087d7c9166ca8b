// Waiting, and recording.
#include "ledger/log/catalogue_writer.h"

namespace varve::log {

void CatalogueWriter::start() {
  thread_ = std::jthread([this] { run(); });
}

void CatalogueWriter::look() {
  if (!sequencer_.needs_cataloguing()) return;
  { const std::lock_guard lock(mutex_); }  // the other one is before its question or asleep
  changed_.notify_one();
}

void CatalogueWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CatalogueWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || sequencer_.needs_cataloguing(); });
    if (stopping_) return;
    lock.unlock();
    sequencer_.catalogue_segment();
    sequencer_.update_derived();
    lock.lock();
  }
}

}  // namespace varve::log
