// SHA-256 of what is too large to be in memory at once.
#pragma once

#include <sodium.h>

#include "ledger/base/types.h"

namespace varve::env {

/// Thread: one.
class RunningHash {
 public:
  RunningHash();
  void feed(Bytes bytes);
  /// Of what was fed; then it begins again.
  Hash finish();

 private:
  crypto_hash_sha256_state state_;
};

}  // namespace varve::env
