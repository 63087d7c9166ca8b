// The one place where a refused thread becomes an error value.
#include "ledger/env/thread.h"

#include <system_error>
#include <utility>

namespace varve::env {

Result<std::thread> start_thread(std::function<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& refused) {
    return busy("the system gives no thread: " + refused.code().message() +
                ": raise TasksMax of the service, then repeat it");
  }
}

}  // namespace varve::env
