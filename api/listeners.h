// The listeners for senders that do not speak HTTP: syslog over TLS, TCP and UDP, and RELP. Start here:
//
//   api/listeners/protocol.h     bytes of a connection become messages, and answers
//   api/listeners/batch.h        messages that arrived together, which are appended together
//   api/net/message_session.h    one connection: reads, appends, answers
//   api/net/datagrams.h          the same for UDP
//   api/net/appending.h          a batch passes through api/access to the log
//   api/net/listeners.cc         accepts, and stops
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/access.h"
#include "api/server.h"
#include "ledger/base/result.h"
#include "ledger/env/clock.h"

namespace varve::api {

enum class ListenerKind : std::uint8_t { kSyslogTls, kSyslogTcp, kSyslogUdp, kRelp, kRelpTls };
inline constexpr ListenerKind kListenerKinds[] = {
    ListenerKind::kSyslogTls, ListenerKind::kSyslogTcp, ListenerKind::kSyslogUdp,
    ListenerKind::kRelp, ListenerKind::kRelpTls};

/// "syslog-tls": in the configuration, the journal and the metrics.
std::string_view kind_name(ListenerKind kind);
constexpr bool uses_tls(ListenerKind kind) {
  return kind == ListenerKind::kSyslogTls || kind == ListenerKind::kRelpTls;
}
constexpr bool is_relp(ListenerKind kind) {
  return kind == ListenerKind::kRelp || kind == ListenerKind::kRelpTls;
}

struct ListenerOptions {
  ListenerKind kind = ListenerKind::kSyslogTls;
  std::string address;
  std::uint16_t port = 0;  // 0: any free one
  std::string log;         // its name
  std::string client;      // who sends, where no certificate says so; empty: a certificate does
  TlsFiles tls;            // with client_ca, every sender shows a certificate
  std::size_t connections_max = 256;
  Networks allow = {};  // as ServerOptions::allow; of datagrams too
};

struct ListenersOptions {
  std::vector<ListenerOptions> listeners;
  unsigned threads = 2;
  std::uint64_t bytes_per_second_min = 4096;  // of a message that has begun
  Timeouts timeouts;
};

/// All listeners of a server. Destroy it after the logs have stopped: until then they may hold answers
/// for its connections.
class Listeners {
 public:
  /// Reads certificates and takes the addresses, so that one that cannot listen finds out before a log
  /// is opened. Errors, each naming its listener: as Server::bind.
  static Result<std::unique_ptr<Listeners>> bind(const ListenersOptions& options);
  /// Takes messages. Once. Each listener's log is one of access.logs(). `access` and `clock` outlive
  /// this. Errors: kBusy, kIo  as bind.
  Result<void> serve(Access& access, env::Clock& clock);
  ~Listeners();  // as stop()
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Where each listens, in the order of the options.
  [[nodiscard]] std::vector<std::uint16_t> ports() const;
  /// As Server::prepare_reload, of all listeners: `fresh` has the same ones in their order. Kind, address, log and
  /// client of each stay as they are. Errors: of the first that cannot, whose name it says: none changes.
  Result<std::function<void()>> prepare_reload(const ListenersOptions& fresh);
  /// Accepts nothing more, appends and answers what was read, and closes. Blocks at most
  /// Timeouts::stop. Idempotent.
  void stop();

 private:
  struct Core;
  explicit Listeners(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace varve::api
