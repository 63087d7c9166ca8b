// The server without its sockets: logs, clients, limits, and the way of a request through them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/auth.h"
#include "api/gate.h"
#include "api/http.h"
#include "api/journal.h"
#include "api/metrics.h"
#include "api/route.h"
#include "api/workers.h"
#include "ledger/env/clock.h"

namespace varve::api {

/// What the door says to a request whose header has arrived: an answer at once, or come in.
struct Admission {
  std::optional<Response> refusal;
  SharedExchange exchange;
  std::size_t body_max = 0;
};

struct ServiceOptions {
  std::vector<HostedLog> logs;
  GateLimits limits;
  unsigned workers = 2;
};

/// Thread: any. Before it is destroyed its logs are stopped, because what they still hold of an
/// append leads back here; then stop() is called.
class Service {
 public:
  Service(ServiceOptions options, Tokens tokens, env::Clock& clock, Journal& journal);

  /// Decides by the header alone: route, method, client, role, media type, size, limits.
  /// `body_size` is the Content-Length; none when the body is chunked. `peer` names the address that
  /// asks, whose share it is when there is no credential.
  Admission admit(Request head, std::optional<std::uint64_t> body_size, std::string peer);
  /// Answers an admitted request, whose body is there now.
  void answer(const SharedExchange& exchange, const Reply& reply);

  /// Runs on a worker, in the asker's share of them; what it throws becomes a 500.
  void work(const Exchange& exchange, const Reply& reply, std::function<void()> task);
  /// The answer to a request for which a limit leaves no room; counts it.
  Response refuse_at(Limit limit);

  /// Counts and logs a request whose response has been sent.
  void finished(const Exchange& exchange, int status, std::uint64_t bytes_in,
                std::uint64_t bytes_out, double seconds);

  void replace_tokens(Tokens tokens);
  /// Finishes what the workers have to do; nothing is answered after it. The logs are stopped and
  /// no request arrives any more.
  void stop() { workers_.stop(); }

  [[nodiscard]] const std::vector<HostedLog>& logs() const { return logs_; }
  [[nodiscard]] env::Clock& clock() const { return clock_; }
  [[nodiscard]] Metrics& metrics() { return metrics_; }
  [[nodiscard]] Journal& journal() { return journal_; }

 private:
  std::optional<Response> find_route(Exchange& exchange, Target& target, RouteMatch& match);
  std::optional<Response> authorize(Exchange& exchange);
  std::optional<Response> check_body(const Exchange& exchange,
                                     std::optional<std::uint64_t> body_size);
  std::optional<Response> let_in(Exchange& exchange, std::optional<std::uint64_t> body_size);
  [[nodiscard]] std::shared_ptr<const Tokens> tokens() const;
  Response make_counted(Exchange& exchange, const Reply::Make& make);
  Response failed(const std::exception& failure);

  const std::vector<HostedLog> logs_;
  env::Clock& clock_;
  Journal& journal_;
  Gate gate_;
  Metrics metrics_;
  mutable std::mutex tokens_mutex_;
  std::shared_ptr<const Tokens> tokens_;
  Workers workers_;  // last: it finishes its tasks before the rest goes
};

}  // namespace varve::api
