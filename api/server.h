// The sockets: accepts connections, speaks HTTP/1.1 over TLS 1.3, and hands requests to a Service.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "api/common/addresses.h"
#include "api/service.h"
#include "ledger/base/result.h"

namespace varve::api {

/// Whether a client without a certificate is let in.
enum class ClientCertificates : std::uint8_t { kOptional, kRequired };

/// Where PEM files are. The first two empty: plain HTTP, which only a loopback address may speak.
struct TlsFiles {
  std::string certificate;  // the chain, the server's own first
  std::string key;
  std::string client_ca = {};  // CAs of clients; empty: no client is asked for a certificate
  ClientCertificates client_certificates = ClientCertificates::kOptional;
};

struct Timeouts {
  std::chrono::milliseconds idle{60'000};  // between requests
  // TLS handshake; from the first byte of a header to its end; the head start of a body
  std::chrono::milliseconds header{10'000};
  std::chrono::milliseconds body{60'000};   // a whole body
  std::chrono::milliseconds write{60'000};  // a whole response
  std::chrono::milliseconds stop{20'000};   // requests under way when the server stops
  // a new connection's before others of its address may take its place
  std::chrono::milliseconds ask{1'000};
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8443;  // 0: any free one
  TlsFiles tls;
  Networks allow =
      {};  // whoever comes from elsewhere is closed before TLS; none: everybody may come
  unsigned threads = 2;
  std::size_t connections_max = 4096;
  std::uint32_t header_bytes_max = 16'384;
  std::uint64_t bytes_per_second_min = 4096;  // of a body, received or sent; see api/net/pace.h
  Timeouts timeouts;
};

/// Serves from serve() until stop(). Destroy it after the service's logs have stopped: until then
/// they may hold answers for its connections.
class Server {
 public:
  /// Reads certificate and key and takes the address, so that one who cannot serve finds out before a
  /// log is opened. Nobody can connect yet.
  /// Errors: kInvalid  the address, the certificate or the key is not usable, or plain HTTP was
  ///                   asked for on an address that is not loopback.  kBusy  another process has
  ///                   the address.  kIo  it cannot be bound.
  static Result<std::unique_ptr<Server>> bind(const ServerOptions& options);
  /// Accepts connections. Once. Errors: kBusy, kIo  as bind.
  Result<void> serve(Service& service);
  /// Both.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Service& service);
  ~Server();  // as stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Reads certificate, key and the clients' CAs that `fresh` names. What it returns makes them and the rest of `fresh`
  /// count for each connection that comes from then on: limits, timeouts and addresses. Address, port and threads stay
  /// as they are. Requires that it serves, and that `fresh` speaks TLS where it does.
  /// Errors: kInvalid  they are not usable: nothing changes.
  Result<std::function<void()>> prepare_reload(const ServerOptions& fresh);
  /// Accepts nothing more, lets requests under way finish, closes. Blocks at most Timeouts::stop.
  /// Idempotent.
  void stop();

 private:
  struct Settings;
  struct Core;
  explicit Server(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace varve::api
