// The handler only sets a lock-free flag and an alarm.
#include "tools/collect/stop_signal.h"

#include <unistd.h>

#include <csignal>

#include "tools/common/end_signals.h"

namespace varve::collect {
namespace {

std::atomic<bool> requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// Only the first one sets the alarm: one that is sent again must not put off the end.
void on_signal(int) {
  if (!requested.exchange(true)) ::alarm(kStopWithinS);
}

// As if nobody had caught the signal: whoever sent it knows how that looks.
void on_alarm(int) {
  tools::end_by(SIGTERM);
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
