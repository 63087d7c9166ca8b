// SIGINT and SIGTERM as a flag: what was read is still sealed and spooled before the end.
#pragma once

#include <atomic>

namespace varve::collect {

// A process that has not ended so long after the first signal, however many follow it, is ended by
// SIGTERM as if that had not been caught: something it reads from, writes to or asks does not
// answer. Nothing is lost by that, as by any kill.
inline constexpr unsigned kStopWithinS = 10;

/// From now on the two signals set stop_requested() instead of ending the process at once.
void catch_stop_signals();
const std::atomic<bool>& stop_requested();

}  // namespace varve::collect
