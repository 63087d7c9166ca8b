// Syslog over UDP: one datagram is one message. Nothing holds a sender back, so what arrives while the log
// is slow and the kernel's buffer is full is dropped. The kernel counts those, and so does this server.
// Source: RFC 5426
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <memory>

#include "api/net/listening.h"

namespace varve::api {

using DatagramSocket = asio::basic_datagram_socket<asio::ip::udp, Executor>;

/// Ends when the server stops: what has arrived by then is appended. On the socket's thread.
Awaitable<void> serve_datagrams(std::shared_ptr<Connection> connection, DatagramSocket socket,
                                Listening& listening);

}  // namespace varve::api
