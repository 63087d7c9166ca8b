// The bytes of one connection, plain or over TLS: what a session needs of them and no more, so that
// sessions are compiled once.
#pragma once

#include <memory>
#include <string_view>

#include "api/access/identity.h"
#include "api/net/connection.h"

namespace varve::api {

using ErrorCode = boost::system::error_code;

/// Everything runs on the connection's executor, and ends when socket() is closed.
class Stream {
 public:
  virtual ~Stream() = default;

  virtual Socket& socket() = 0;
  /// The TLS handshake.
  virtual Awaitable<ErrorCode> begin() = 0;
  /// What the client has shown in the handshake; null: nothing.
  [[nodiscard]] virtual std::shared_ptr<const PeerCertificate> certificate() { return nullptr; }
  /// Why the handshake refused the client's certificate; empty: it did not.
  [[nodiscard]] virtual std::string_view certificate_fault() { return {}; }
  /// At least one byte, or an error. Returns how many.
  virtual Awaitable<std::size_t> read(asio::mutable_buffer space, ErrorCode& error) = 0;
  /// As much of both, one after the other, as can be sent now: at least one byte, or an error.
  /// Returns how many. Not both empty.
  virtual Awaitable<std::size_t> write(Bytes first, Bytes second, ErrorCode& error) = 0;
  /// Tells the peer that nothing more will be sent, where it can still send.
  virtual void finish_writing() = 0;
  /// TLS's goodbye.
  virtual Awaitable<void> end() = 0;
};

std::unique_ptr<Stream> plain_stream(Socket socket);
std::unique_ptr<Stream> tls_stream(Socket socket, std::shared_ptr<asio::ssl::context> context);

}  // namespace varve::api
