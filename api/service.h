// HTTP without its sockets, a way into the server: a request passes through api/access to its route,
// and comes out as a response.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/access/access.h"
#include "api/http.h"
#include "api/route.h"
#include "ledger/env/clock.h"

namespace varve::api {

/// What the door says to a request whose header has arrived: an answer at once, or come in.
struct Admission {
  std::optional<Response> refusal;
  SharedExchange exchange;
  std::size_t body_max = 0;
};

/// Thread: any. Lives until the logs have stopped, because what they still hold of an append leads
/// back here, and Access::stop() has been called.
class Service {
 public:
  /// All outlive it. `table`: what it answers; without it, what a server of logs does.
  Service(Access& access, env::Clock& clock, std::span<const Route> table = routes());

  /// Decides by the header alone: route, method, client, role, media type, size, limits.
  /// `body_size` is the Content-Length; none when the body is chunked. `peer` names the address that
  /// asks, whose share it is when there is no credential, and `address` the same in full. `certificate` is
  /// what the connection's client has shown.
  Admission admit(Request head, std::optional<std::uint64_t> body_size, std::string peer,
                  std::shared_ptr<const PeerCertificate> certificate = nullptr,
                  std::optional<Address> address = std::nullopt);
  /// Answers an admitted request, whose body is there now.
  void answer(const SharedExchange& exchange, const Reply& reply);

  /// Runs on a worker, in the asker's share of them; what it throws becomes a 500.
  void work(const Exchange& exchange, const Reply& reply, std::function<void()> task);

  /// Counts and logs a request whose response has been sent.
  void finished(const Exchange& exchange, int status, std::uint64_t bytes_in,
                std::uint64_t bytes_out, double seconds);

  [[nodiscard]] Access& access() const { return access_; }
  /// The counters of HTTP.
  [[nodiscard]] Traffic& traffic() const { return traffic_; }
  [[nodiscard]] env::Clock& clock() const { return clock_; }

 private:
  std::optional<Response> check_head(Exchange& exchange, std::optional<std::uint64_t> body_size);
  std::optional<Response> find_route(Exchange& exchange, Target& target, RouteMatch& match);
  std::optional<Response> arrive(Exchange& exchange, const RouteMatch& match);
  std::optional<Response> identify(Exchange& exchange);
  std::optional<Response> check_body(const Exchange& exchange,
                                     std::optional<std::uint64_t> body_size);
  std::optional<Response> take_turn(Exchange& exchange);
  std::optional<Response> let_in(Exchange& exchange, std::optional<std::uint64_t> body_size);
  Response make_counted(Exchange& exchange, const Reply::Make& make);
  Response make_recorded(Exchange& exchange, const Reply::Make& make);
  std::optional<Response> put_on_record(const Exchange& exchange, int status);
  void reply_once_recorded(const SharedExchange& exchange, const Reply& reply,
                           const Reply::Make& make);
  void put_refusal_on_record(const Exchange& exchange, const Refusal& refusal);
  Response failed(const std::exception& failure);

  Access& access_;
  Traffic& traffic_;
  env::Clock& clock_;
  const std::span<const Route> table_;
};

}  // namespace varve::api
