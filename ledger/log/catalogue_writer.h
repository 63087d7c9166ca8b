// Tells catalogue and leaf lookups of sealed segments, beside the thread that commits.
#pragma once

#include <atomic>

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
  std::atomic<bool> stopping_ = false;
  env::ThreadOnDemand thread_{[this] { look(); }};  // last: it uses all the others
};

}  // namespace varve::log
