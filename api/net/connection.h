// The connections that are open: counted, limited, and told when the server stops.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

#include "api/net/pch.h"
#include "api/server.h"

namespace varve::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Executor = asio::io_context::executor_type;  // of one thread
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
// Coroutines that know their executor's type: with any_io_executor each completion is wrapped,
// allocated and queued once more.
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kAwait;

/// One connection as others see it. Its socket belongs to the thread of its executor.
struct Connection {
  explicit Connection(const Executor& e) : executor(e) {}

  Executor executor;
  Socket* socket = nullptr;                 // null once its session has ended; on its thread
  std::atomic<bool> idle{true};             // between requests: may be closed at any time
  std::atomic<std::int64_t> idle_since{0};  // steady clock, nanoseconds
};

/// Thread: any.
class Connections {
 public:
  explicit Connections(std::size_t most) : most_(most) {}

  /// Null when there are too many and none of them is idle; else the longest idle one makes room.
  std::shared_ptr<Connection> open(const Executor& executor);
  void close(const std::shared_ptr<Connection>& connection);

  /// From now on sessions end after the request they are at, and idle ones at once.
  void drain();
  [[nodiscard]] bool draining() const { return draining_; }
  /// Closes what is left.
  void abort();
  /// Waits until none is open, at most that long.
  void wait_until_empty(std::chrono::milliseconds most);

 private:
  const std::size_t most_;
  std::atomic<bool> draining_{false};
  std::mutex mutex_;
  std::condition_variable closed_;
  std::list<std::shared_ptr<Connection>> all_;
};

}  // namespace varve::api
