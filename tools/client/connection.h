// One TCP or TLS connection whose waits are all bounded.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "tools/client/patience.h"
#include "tools/client/tls.h"
#include "tools/client/url.h"

namespace varve::client {

/// Closes when it goes. Thread: one at a time.
class Connection {
 public:
  /// Looks the host's name up and connects; with a context, shakes hands too. All have `timeout_ms`
  /// together, and end early as Patience does.
  /// Errors: kBusy  nobody answers there.  kIo  the certificate was refused.
  static Result<Connection> open(const Url& url, SSL_CTX* context, std::uint64_t timeout_ms,
                                 const std::atomic<bool>* cancelled);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  /// Returns how many bytes came: at least one, 0 when the server ended the connection.
  /// Errors: kBusy  it broke, or patience is over.
  Result<std::size_t> read(MutableBytes out, Patience& patience);
  /// All of it. Errors: as read().
  Result<void> write(Bytes bytes, Patience& patience);
  /// Whether a further request may be sent: the server has neither ended it nor said anything.
  [[nodiscard]] bool is_idle() const;

 private:
  Connection(int socket, std::string server) : socket_(socket), server_(std::move(server)) {}
  Result<void> shake_hands(SSL_CTX& context, const std::string& host, Patience& patience);
  /// Waits as OpenSSL wants for the outcome `result` of a call on the session.
  Result<void> wait_for_tls(int result, Patience& patience) const;
  Result<void> wait(short events, Patience& patience) const;
  [[nodiscard]] Error broken(const std::string& why) const;

  int socket_;
  std::string server_;  // host:port, for messages
  TlsSession session_;
};

}  // namespace varve::client
