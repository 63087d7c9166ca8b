// The list of connections, and closing them from outside.
#include "api/net/connection.h"

#include <algorithm>

namespace varve::api {
namespace {

// Cancels whatever the session waits for; the session then sees that and ends.
void cut(const std::shared_ptr<Connection>& connection, bool only_idle) {
  asio::post(connection->executor, [connection, only_idle] {
    if (connection->socket == nullptr || (only_idle && !connection->idle)) return;
    boost::system::error_code ignored;
    connection->socket->close(ignored);
  });
}

}  // namespace

std::shared_ptr<Connection> Connections::open(const Executor& executor) {
  const std::lock_guard lock{mutex_};
  if (all_.size() >= most_) {
    const auto longest = std::ranges::min_element(all_, {}, [](const auto& connection) {
      return connection->idle ? connection->idle_since.load()
                              : std::numeric_limits<std::int64_t>::max();
    });
    if (longest == all_.end() || !(*longest)->idle) return nullptr;
    cut(*longest, true);
    all_.erase(longest);
  }
  const auto& opened = all_.emplace_back(std::make_shared<Connection>(executor));
  opened->idle_since = std::chrono::steady_clock::now().time_since_epoch().count();
  return opened;
}

void Connections::close(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock{mutex_};
  all_.remove(connection);
  if (all_.empty()) closed_.notify_all();
}

void Connections::drain() {
  draining_ = true;
  const std::lock_guard lock{mutex_};
  for (const auto& connection : all_) cut(connection, true);
}

void Connections::abort() {
  const std::lock_guard lock{mutex_};
  for (const auto& connection : all_) cut(connection, false);
}

void Connections::wait_until_empty(std::chrono::milliseconds most) {
  std::unique_lock lock{mutex_};
  closed_.wait_for(lock, most, [this] { return all_.empty(); });
}

}  // namespace varve::api
