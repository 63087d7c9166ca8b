// Sessions over TLS: a handshake before, a goodbye after.
#include "api/net/session_impl.h"

namespace varve::api {

asio::awaitable<void> serve_tls(std::shared_ptr<Connection> connection, TlsStream stream,
                                SessionContext context) {
  Session<TlsStream> session{std::move(connection), std::move(stream), context};
  boost::system::error_code error;
  session.socket().expires_after(session.timeouts().header);
  co_await session.stream().async_handshake(asio::ssl::stream_base::server,
                                            asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  co_await session.run();
  session.socket().expires_after(kLinger);
  co_await session.stream().async_shutdown(asio::redirect_error(asio::use_awaitable, error));
}

}  // namespace varve::api
