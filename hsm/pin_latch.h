// Remembers a refused PIN beyond the end of the process: a supervisor that restarts a failing server again
// and again must not use up the token's tries.
#pragma once

#include "hsm/slots.h"
#include "ledger/base/result.h"

namespace varve::hsm {

/// Thread: calls about one token come one after another.
class PinLatch {
 public:
  virtual ~PinLatch() = default;
  /// Asked before each login. Errors: kIo  this token refused its PIN, and no operator has said since
  /// that it may be tried; or that cannot be known.
  [[nodiscard]] virtual Result<void> check(const Slot& token) = 0;
  /// This token refused its PIN just now. Durable at return. Errors: kFull, kIo.
  virtual Result<void> set(const Slot& token) = 0;
};

}  // namespace varve::hsm
