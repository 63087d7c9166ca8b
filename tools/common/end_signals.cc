// The handler resets itself, so the signal that it raises takes its default action.
#include "tools/common/end_signals.h"

#include <signal.h>
#include <unistd.h>

namespace varve::tools {
namespace {

void on_signal(int signal) {
  ::raise(signal);
  ::_exit(128 + signal);  // the kernel dropped it: this is the first process of its namespace
}

}  // namespace

void let_end(int signal) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  ::sigaction(signal, &action, nullptr);
}

void end_by(int signal) {
  let_end(signal);
  ::raise(signal);
  ::_exit(128 + signal);
}

void let_first_process_end() {
  if (::getpid() != 1) return;
  let_end(SIGTERM);
  let_end(SIGINT);
}

}  // namespace varve::tools
