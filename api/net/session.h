// One connection, from its first byte to its last.
#pragma once

#include <memory>

#include "api/net/stream.h"

namespace varve::api {

/// What every session shares: the first two outlive it.
struct SessionContext {
  Service& service;
  Connections& connections;
  std::shared_ptr<const ServerOptions> options;  // as they were when it began
};

/// Ends when the peer closes, breaks a rule or a limit, or the server stops. Runs on the
/// connection's thread.
Awaitable<void> serve(std::shared_ptr<Connection> connection, std::unique_ptr<Stream> stream,
                      SessionContext context);

}  // namespace varve::api
