// Threads that the system may refuse.
#pragma once

#include <functional>
#include <thread>

#include "ledger/base/result.h"

namespace varve::env {

/// A thread that runs `body`. Errors: kBusy  the system gives none: the limit of the service, or of memory.
Result<std::thread> start_thread(std::function<void()> body);

}  // namespace varve::env
