// The thread that tells catalogue and leaf lookups of sealed segments, beside the one that commits.
#pragma once

#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/log/sequencer.h"

namespace varve::log {

/// Thread: each method from one.
class CatalogueWriter {
 public:
  explicit CatalogueWriter(Sequencer& sequencer) : sequencer_(sequencer) {}

  void start();
  /// To be called after a step.
  void look();
  /// Finishes what is under way.
  void stop();

 private:
  void run();

  Sequencer& sequencer_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace varve::log
