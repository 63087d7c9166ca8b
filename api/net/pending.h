// A response that is on its way: from whichever thread has it to the connection's own.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "api/net/connection.h"

namespace varve::api {

/// The coroutine waits on a timer that never expires and is cancelled when the response is there.
class Pending : public std::enable_shared_from_this<Pending> {
 public:
  explicit Pending(std::shared_ptr<Connection> connection);

  /// To be called from any thread; only its first call counts.
  Reply reply();
  /// On the connection's strand, once.
  asio::awaitable<Response> response();

 private:
  std::shared_ptr<Connection> connection_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Strand>
      arrival_;
  std::optional<Response> response_;
  std::atomic<bool> replied_{false};
};

}  // namespace varve::api
