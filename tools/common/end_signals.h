// Ending a process by a signal, also the first process of a container: the kernel drops a signal
// that this one does not catch, so it has to end itself.
#pragma once

namespace varve::tools {

/// From now on `signal` ends the process at once, whoever sends it and whatever was arranged
/// before. Its parent sees that the signal killed it; where the kernel does not let a signal do
/// that, an exit code of 128 + `signal`. Does not unblock it. Thread: any.
void let_end(int signal);

/// Ends the process as let_end() says. Safe in a handler. Requires that the calling thread does not
/// block `signal`.
[[noreturn]] void end_by(int signal);

/// In a container's first process, SIGTERM and SIGINT end it from now on as they end any other.
void let_first_process_end();

}  // namespace varve::tools
