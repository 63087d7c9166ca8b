// Closes a connection that takes too long.
#pragma once

#include <chrono>
#include <memory>

#include "api/net/connection.h"

namespace varve::api {

/// One timer a connection, which is left alone while deadlines only move on; not one for each read and
/// each write. On the connection's thread.
class Watchdog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Watchdog(std::shared_ptr<Connection> connection, Traffic& traffic);

  /// From now on the connection has that long, until it is allowed more.
  void allow(std::chrono::milliseconds most);
  void allow_until(Time deadline);
  /// While the server works the peer is not to blame.
  void rest() { allow_until(Time::max()); }

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace varve::api
