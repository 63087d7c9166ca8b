// Whether this process is still the one that writes the log. A log has one writer: a second one
// would sign another history under the same keys.
#pragma once

#include <memory>
#include <optional>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::state {

/// Thread: any, but for hold().
class SoleWriter {
 public:
  /// Keeps the lock for as long as this object lives; without one check() knows of contradict()
  /// only.
  void hold(std::unique_ptr<env::Lock> lock) { lock_ = std::move(lock); }
  /// Trace of another writer was found: from now on check() fails.
  void contradict(Error why) {
    const MutexLock guard(mutex_);
    if (!contradiction_) contradiction_ = std::move(why);
  }
  /// Asked before each signature, and before a segment is made or sealed.
  /// Errors: kWorm  there is, or may be, another writer: says what shows it.  kIo.
  [[nodiscard]] Result<void> check() const {
    {
      const MutexLock guard(mutex_);
      if (contradiction_) return *contradiction_;
    }
    return lock_ ? lock_->check() : Result<void>();
  }

 private:
  std::unique_ptr<env::Lock> lock_;
  mutable Mutex mutex_;
  std::optional<Error> contradiction_ GUARDED_BY(mutex_);
};

}  // namespace varve::state
