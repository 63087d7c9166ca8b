// SIGINT and SIGTERM as a flag: what was read is still sealed and spooled before the end.
#pragma once

#include <atomic>

namespace varve::collect {

/// From now on the two signals set stop_requested() instead of ending the process.
void catch_stop_signals();
const std::atomic<bool>& stop_requested();

}  // namespace varve::collect
