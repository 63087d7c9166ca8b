// Sessions over plain TCP, on loopback.
#include "api/net/session_impl.h"

namespace varve::api {

asio::awaitable<void> serve_plain(std::shared_ptr<Connection> connection, TcpStream stream,
                                  SessionContext context) {
  Session<TcpStream> session{std::move(connection), std::move(stream), context};
  co_await session.run();
}

}  // namespace varve::api
