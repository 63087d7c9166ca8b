// The handler only sets a lock-free flag.
#include "tools/collect/stop_signal.h"

#include <csignal>

namespace varve::collect {
namespace {

std::atomic<bool> requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
  requested = true;
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& stop_requested() {
  return requested;
}

}  // namespace varve::collect
