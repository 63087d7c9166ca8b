// When there is something to tell.
#include "ledger/log/catalogue_writer.h"

namespace varve::log {

// Without a thread it waits for the next step, or is done by the one that seals the next segment.
void CatalogueWriter::look() {
  if (!sequencer_.needs_cataloguing()) return;
  const MutexLock lock(mutex_);  // so that nothing starts after stop()
  if (stopping_) return;
  thread_.try_start([this] {
    sequencer_.catalogue_segment();
    sequencer_.update_derived();
  });
}

void CatalogueWriter::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  thread_.wait();
}

}  // namespace varve::log
