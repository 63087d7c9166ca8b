// Tells catalogue and leaf lookups of sealed segments, beside the thread that commits.
#pragma once

#include "ledger/base/mutex.h"
#include "ledger/env/thread_on_demand.h"
#include "ledger/log/sequencer.h"

namespace varve::log {

/// Thread: each method from one.
class CatalogueWriter {
 public:
  explicit CatalogueWriter(Sequencer& sequencer) : sequencer_(sequencer) {}

  /// To be called after a step. Does not wait.
  void look();
  /// Finishes what is under way.
  void stop();

 private:
  Sequencer& sequencer_;
  Mutex mutex_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  env::ThreadOnDemand thread_{[this] { look(); }};  // last: it uses all the others
};

}  // namespace varve::log
