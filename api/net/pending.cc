// The hop onto the strand.
#include "api/net/pending.h"

#include <utility>

namespace varve::api {

Pending::Pending(std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)), arrival_(connection_->strand) {
  arrival_.expires_at(std::chrono::steady_clock::time_point::max());
}

Reply Pending::reply() {
  return [self = shared_from_this()](Response response) {
    if (self->replied_.exchange(true)) return;
    asio::post(self->connection_->strand, [self, arrived = std::move(response)]() mutable {
      self->response_ = std::move(arrived);
      self->arrival_.cancel();
    });
  };
}

asio::awaitable<Response> Pending::response() {
  while (!response_) {
    boost::system::error_code cancelled;
    co_await arrival_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  co_return std::move(*response_);
}

}  // namespace varve::api
