// What is guarded by a lock cannot be touched without it: clang refuses. Each case stands beside its
// twin, which differs in nothing but the mistake. ctest compiles this file once for each case with
// VARVE_WRONG set to its number, and expects a refusal; with no case chosen it is part of base_test.
#include <chrono>

#include "ledger/base/mutex.h"

#ifndef VARVE_WRONG
#define VARVE_WRONG 0
#endif

namespace varve {

class Guarded {
 public:
  void take();
  [[nodiscard]] int look() const;
  void wait();
  void hand_over();

 private:
  void add() REQUIRES(mutex_) { ++value_; }

  mutable SharedMutex shared_;
  Mutex mutex_;
  CondVar changed_;
  int value_ GUARDED_BY(mutex_) = 0;
  int seen_ GUARDED_BY(shared_) = 0;
};

// A member is read and written under its lock.
void Guarded::take() {
#if VARVE_WRONG != 1
  const MutexLock lock(mutex_);
#endif
  value_ = 1;
}

// A reader beside other readers changes nothing.
int Guarded::look() const {
#if VARVE_WRONG == 2
  return seen_;
#else
  const ReaderLock lock(shared_);
  return seen_;
#endif
}

// Waiting needs the lock.
void Guarded::wait() {
  MutexLock lock(mutex_);
#if VARVE_WRONG == 3
  lock.unlock();
#endif
  while (value_ == 0) changed_.wait(mutex_);
}

// A function that requires the lock is called by who holds it; two locks are not one.
void Guarded::hand_over() {
#if VARVE_WRONG == 4
  add();
#elif VARVE_WRONG == 5
  const ReaderLock reader(shared_);
  seen_ = 1;
#else
  const WriterLock writer(shared_);
  seen_ = 1;
  const MutexLock lock(mutex_);
  add();
#endif
}

}  // namespace varve
