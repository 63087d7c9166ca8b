// One connection of a listener, from its first byte to its last. Two coroutines share it:
//
//   reading     bytes ─► protocol ─► the batch that waits; pauses while that batch is full, or while the
//               sender's share is used up
//   appending   the batch that waits becomes the batch under way, is appended, and is answered
//
// What was read is appended, also when the connection breaks meanwhile.
#pragma once

#include <memory>

#include "api/net/listening.h"
#include "api/net/stream.h"

namespace varve::api {

/// Ends when the peer closes, breaks the protocol, is too slow in the middle of a message or may not
/// append, or when the server stops. Runs on the connection's thread.
Awaitable<void> serve_messages(std::shared_ptr<Connection> connection,
                               std::unique_ptr<Stream> stream, Listening& listening);

}  // namespace varve::api
