// Preloaded before faketime, which moves the clocks of a server and not the kernel's: a wait until some moment of the
// moved clock would last as long as the clock is ahead. Here it lasts as long as it is away on that clock.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace {

constexpr long kSecond = 1'000'000'000;  // in nanoseconds

/// What the kernel's clock says when the moved one says `then`.
timespec of_the_kernel(clockid_t clock, const timespec& then) {
  timespec moved{};
  timespec real{};
  ::clock_gettime(clock, &moved);
  ::syscall(SYS_clock_gettime, clock, &real);
  real.tv_sec += then.tv_sec - moved.tv_sec;
  real.tv_nsec += then.tv_nsec - moved.tv_nsec;
  if (real.tv_nsec < 0) {
    real.tv_nsec += kSecond;
    --real.tv_sec;
  } else if (real.tv_nsec >= kSecond) {
    real.tv_nsec -= kSecond;
    ++real.tv_sec;
  }
  return real;
}

}  // namespace

extern "C" int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                      clockid_t clock, const timespec* then) {
  using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
  static const auto next = reinterpret_cast<Wait>(::dlsym(RTLD_NEXT, "pthread_cond_clockwait"));
  const timespec real = of_the_kernel(clock, *then);
  return next(condition, mutex, clock, &real);
}
