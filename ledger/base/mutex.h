// Locks that clang can check: what is GUARDED_BY a mutex is touched only by who holds it, and a
// function that REQUIRES one is called only by who does. g++ ignores the annotations; the plain
// build has clang check as well each source that includes this header, or whose own header does
// (tests/thread_safety.cmake).
// Source: clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#ifdef __clang__
#define VARVE_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define VARVE_THREAD_SAFETY(attribute)
#endif
#define CAPABILITY(name) VARVE_THREAD_SAFETY(capability(name))
#define SCOPED_CAPABILITY VARVE_THREAD_SAFETY(scoped_lockable)
#define GUARDED_BY(mutex) VARVE_THREAD_SAFETY(guarded_by(mutex))
#define PT_GUARDED_BY(mutex) VARVE_THREAD_SAFETY(pt_guarded_by(mutex))
#define REQUIRES(...) VARVE_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) VARVE_THREAD_SAFETY(requires_shared_capability(__VA_ARGS__))
#define EXCLUDES(...) VARVE_THREAD_SAFETY(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) VARVE_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) VARVE_THREAD_SAFETY(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) VARVE_THREAD_SAFETY(release_capability(__VA_ARGS__))
#define RETURN_CAPABILITY(mutex) VARVE_THREAD_SAFETY(lock_returned(mutex))
#define RELEASE_GENERIC(...) VARVE_THREAD_SAFETY(release_generic_capability(__VA_ARGS__))

namespace varve {

/// std::mutex, for the analysis. Held by a MutexLock.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

/// std::shared_mutex, for the analysis. Held by a ReaderLock or a WriterLock.
class CAPABILITY("mutex") SharedMutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }
  void lock_shared() ACQUIRE_SHARED() { mutex_.lock_shared(); }
  void unlock_shared() RELEASE_GENERIC() { mutex_.unlock_shared(); }

 private:
  std::shared_mutex mutex_;
};

/// A SharedMutex that lets a writer in between readers that never pause: later readers wait behind
/// a writer who waits.
class CAPABILITY("mutex") FairMutex {
 public:
  void lock() ACQUIRE() {
    const std::lock_guard gate(gate_);
    mutex_.lock();
  }
  void unlock() RELEASE() { mutex_.unlock(); }
  void lock_shared() ACQUIRE_SHARED() {
    const std::lock_guard gate(gate_);
    mutex_.lock_shared();
  }
  void unlock_shared() RELEASE_GENERIC() { mutex_.unlock_shared(); }

 private:
  std::mutex gate_;
  std::shared_mutex mutex_;
};

/// Holds a mutex from here to the end of the block; may let it go in between.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() RELEASE() {
    held_ = false;
    mutex_.unlock();
  }
  void lock() ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

/// Holds a SharedMutex or a FairMutex together with other readers.
template <class M>
class SCOPED_CAPABILITY ReaderLock {
 public:
  explicit ReaderLock(M& mutex) ACQUIRE_SHARED(mutex) : mutex_(mutex) { mutex_.lock_shared(); }
  ~ReaderLock() RELEASE_GENERIC() { mutex_.unlock_shared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  M& mutex_;
};

/// Holds one alone.
template <class M>
class SCOPED_CAPABILITY WriterLock {
 public:
  explicit WriterLock(M& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~WriterLock() RELEASE() { mutex_.unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  M& mutex_;
};

/// When a wait ends in any case. By the machine's own clock: it bounds a wait and dates nothing.
class Deadline {
 public:
  explicit Deadline(std::chrono::nanoseconds from_now)
      : at_(std::chrono::steady_clock::now() + from_now) {}

 private:
  friend class CondVar;
  std::chrono::steady_clock::time_point at_;
};

/// std::condition_variable, for a Mutex. A wait is a loop around the condition, in the open, where
/// the analysis sees it: a predicate would be a function of its own that holds nothing.
class CondVar {
 public:
  void wait(Mutex& mutex) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// Returns false once the deadline has passed.
  bool wait_until(Mutex& mutex, Deadline deadline) REQUIRES(mutex) {
    std::unique_lock lock(mutex.mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline.at_) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace varve
