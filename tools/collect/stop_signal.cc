// The handler only sets a lock-free flag and an alarm.
#include "tools/collect/stop_signal.h"

#include <unistd.h>

#include <csignal>

namespace varve::collect {
namespace {

std::atomic<bool> requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  requested = true;
  ::alarm(kStopWithinS);
}

// As if nobody had caught the signal: whoever sent it knows how that looks.
void on_alarm(int) {
  std::signal(SIGTERM, SIG_DFL);
  std::raise(SIGTERM);
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

void catch_stop_signals() {
  handle(SIGALRM, on_alarm);
  handle(SIGINT, on_signal);
  handle(SIGTERM, on_signal);
}

const std::atomic<bool>& stop_requested() {
  return requested;
}

}  // namespace varve::collect
