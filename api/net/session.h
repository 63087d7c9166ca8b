// One connection, from its first byte to its last.
#pragma once

#include "api/net/connection.h"

namespace varve::api {

/// What every session shares. Outlives them.
struct SessionContext {
  Service& service;
  Connections& connections;
  const ServerOptions& options;
};

/// Ends when the peer closes, breaks a rule or a limit, or the server stops. Runs on the
/// connection's strand. Defined for both streams in session_plain.cc and session_tls.cc.
asio::awaitable<void> serve_plain(std::shared_ptr<Connection> connection, TcpStream stream,
                                  SessionContext context);
asio::awaitable<void> serve_tls(std::shared_ptr<Connection> connection, TlsStream stream,
                                SessionContext context);

}  // namespace varve::api
