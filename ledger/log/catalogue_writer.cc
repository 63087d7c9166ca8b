// Waiting, and recording.
#include "ledger/log/catalogue_writer.h"

namespace varve::log {

void CatalogueWriter::start() {
  thread_ = std::jthread([this] { run(); });
}

void CatalogueWriter::look() {
  if (!sequencer_.needs_cataloguing()) return;
  { const MutexLock lock(mutex_); }  // the other one is before its question or asleep
  changed_.notify_one();
}

void CatalogueWriter::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CatalogueWriter::run() {
  MutexLock lock(mutex_);
  for (;;) {
    while (!stopping_ && !sequencer_.needs_cataloguing()) changed_.wait(mutex_);
    if (stopping_) return;
    lock.unlock();
    sequencer_.catalogue_segment();
    sequencer_.update_derived();
    lock.lock();
  }
}

}  // namespace varve::log
