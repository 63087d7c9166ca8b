// Signals are blocked everywhere and waited for in one thread, so that no system call of others is
// interrupted.
#include "tools/server/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <initializer_list>

#include "tools/common/end_signals.h"

namespace varve::tools {
namespace {

constexpr int kWake = SIGUSR1;  // of the watcher alone

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

/// In this thread. Even where whoever started this process had them ignored.
void unblock_to_end(const sigset_t& signals) {
  let_end(SIGTERM);
  let_end(SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace

Signals::Signals()
    : all_(set_of({SIGTERM, SIGINT, SIGHUP, kWake})), ending_(set_of({SIGTERM, SIGINT})) {
  pthread_sigmask(SIG_BLOCK, &all_, nullptr);
  watcher_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  end_watch();
  unblock_to_end(ending_);
}

void Signals::watch() const {
  const sigset_t awaited = set_of({SIGTERM, SIGINT, kWake});
  int signal = 0;
  if (sigwait(&awaited, &signal) != 0 || signal == kWake) return;
  unblock_to_end(ending_);
  end_by(signal);
}

void Signals::end_watch() {
  if (!watcher_.joinable()) return;
  pthread_kill(watcher_.native_handle(), kWake);
  watcher_.join();
}

void Signals::serve() {
  end_watch();
}

int Signals::wait(std::chrono::seconds most) {
  const sigset_t awaited = set_of({SIGTERM, SIGINT, SIGHUP});
  const timespec limit{static_cast<std::time_t>(most.count()), 0};
  int signal = 0;
  do signal = ::sigtimedwait(&awaited, nullptr, &limit);
  while (signal < 0 && errno == EINTR);
  if (signal > 0) return signal;
  return errno == EAGAIN ? 0 : SIGTERM;
}

void Signals::stop_within(std::chrono::seconds most) {
  unblock_to_end(ending_);
  let_end(SIGALRM);
  ::alarm(static_cast<unsigned>(most.count()));
}

}  // namespace varve::tools
