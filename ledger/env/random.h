// Unpredictable bytes, as a dependency that is passed in, so that a simulation can repeat a run.
#pragma once

#include "ledger/base/bytes.h"

namespace varve::env {

class Random {
 public:
  virtual ~Random() = default;
  /// Thread: any. Cannot fail: a system that has no entropy stops the process.
  virtual void fill(MutableBytes out) = 0;
};

}  // namespace varve::env
