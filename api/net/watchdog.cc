// The timer and its deadline.
#include "api/net/watchdog.h"

#include <utility>

namespace varve::api {
namespace {

using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

}  // namespace

struct Watchdog::State {
  State(std::shared_ptr<Connection> c, Traffic& t)
      : connection(std::move(c)), traffic(t), timer(connection->executor) {}
  std::shared_ptr<Connection> connection;
  Traffic& traffic;
  Timer timer;
  Steady::time_point deadline = Steady::time_point::max();
};

Watchdog::Watchdog(std::shared_ptr<Connection> connection, Traffic& traffic)
    : state_(std::make_shared<State>(std::move(connection), traffic)) {
  state_->timer.expires_at(Steady::time_point::max());
}

void Watchdog::allow(std::chrono::milliseconds most) {
  allow_until(Steady::now() + most);
}

void Watchdog::allow_until(Time deadline) {
  state_->deadline = deadline;
  if (state_->deadline < state_->timer.expiry()) arm(state_);
}

void Watchdog::arm(const std::shared_ptr<State>& state) {
  state->timer.expires_at(state->deadline);
  state->timer.async_wait([weak = std::weak_ptr<State>(state)](boost::system::error_code stopped) {
    const auto here = weak.lock();
    if (stopped || !here || here->connection->socket == nullptr) return;
    if (Steady::now() < here->deadline) return arm(here);
    if (here->connection->stage >= Stage::kStranger) here->traffic.limited(Limit::kTime);
    boost::system::error_code ignored;
    here->connection->socket->close(ignored);
  });
}

}  // namespace varve::api
