// What varved tells the service manager that started it (systemd, Type=notify), so that whoever starts it waits until
// it serves, and `systemctl status` says how it is.
#pragma once

namespace varve::tools {

// Without a service manager that listens (NOTIFY_SOCKET), none of these does anything. Thread: any.

/// The start may go on for long: a log is recovered, or the token asked.
void tell_starting();
/// Requests are answered from now on.
void tell_ready();
/// What is under way is finished, and nothing new is taken.
void tell_stopping();

}  // namespace varve::tools
