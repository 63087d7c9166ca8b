// A process to which the system gives few threads.
#pragma once

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "ledger/base/check.h"

namespace varve::testing {

/// From here on the calling process may have so many threads, its first among them. Requires on_its_own().
inline void limit_threads(rlim_t most) {
  rlimit limit{};
  CHECK(::getrlimit(RLIMIT_NPROC, &limit) == 0);
  limit.rlim_cur = most;
  CHECK(::setrlimit(RLIMIT_NPROC, &limit) == 0);
}

/// What `body` returns in a process of its own, whose user has no other: the system counts threads by user, and root's
/// not at all. Requires root.
inline bool on_its_own(const std::function<bool()>& body) {
  constexpr uid_t kUsers = 30'000;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(kUsers + static_cast<uid_t>(::getpid()) % kUsers) != 0) ::_exit(2);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace varve::testing
