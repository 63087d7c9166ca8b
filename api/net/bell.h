// One coroutine waits, and others of its thread wake it.
#pragma once

#include <chrono>

#include "api/net/connection.h"

namespace varve::api {

/// On one thread. Whoever waits looks at its condition again afterwards: a bell may also ring in vain.
class Bell {
 public:
  explicit Bell(const Executor& executor) : timer_(executor) {}

  /// One coroutine at a time.
  Awaitable<void> wait() { return wait_until(Time::max()); }
  Awaitable<void> wait_at_most(std::chrono::milliseconds most) {
    return wait_until(std::chrono::steady_clock::now() + most);
  }
  void ring() { timer_.cancel(); }

 private:
  using Steady = std::chrono::steady_clock;
  using Time = Steady::time_point;

  Awaitable<void> wait_until(Time time) {
    boost::system::error_code ignored;
    timer_.expires_at(time);
    co_await timer_.async_wait(asio::redirect_error(kAwait, ignored));
  }

  asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> timer_;
};

}  // namespace varve::api
