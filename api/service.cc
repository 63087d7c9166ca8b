// Admission by the header, and dispatch.
#include "api/service.h"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "api/conditions.h"
#include "api/credential.h"
#include "api/dialect.h"
#include "api/gzip.h"
#include "api/problem.h"
#include "api/refusal_response.h"

namespace varve::api {
namespace {

constexpr int kAnswered = 200;
constexpr int kRefusals = 400;  // from this status on
constexpr int kForbidden = 403;
constexpr int kTooMany = 429;

constexpr std::string_view kOnce[] = {"authorization", "content-type", "idempotency-key",
                                      "x-splunk-request-channel", "apikey"};

std::optional<Response> check_headers(const Request& request) {
  for (const std::string_view name : kOnce)
    if (std::ranges::count(request.headers, name, &std::pair<std::string, std::string>::first) > 1)
      return refuse(ProblemId::kBadRequest, "the header " + std::string{name} + " is given twice");
  return check_condition(request);
}

bool takes_gzip(Dialect dialect) {
  return dialect != Dialect::kVarve && dialect != Dialect::kFhir;
}

// Source: RFC 9110 sections 8.4 and 12.5.3
std::optional<Response> check_content_coding(const Exchange& exchange) {
  const Request& request = exchange.request;
  const std::vector<std::string> codings = list_header(request, "content-encoding");
  const auto is_none = [](const std::string& coding) { return coding == "identity"; };
  if (request.method != Method::kPost || std::ranges::all_of(codings, is_none)) return std::nullopt;
  if (takes_gzip(exchange.route->dialect) && is_gzip(request)) return std::nullopt;
  Response response =
      refuse(ProblemId::kUnsupportedMediaType, "send the body without a content encoding");
  response.headers.emplace_back("accept-encoding", "identity");
  return response;
}

// Source: RFC 9110 section 10.1.1
std::optional<Response> check_expectation(const Request& request) {
  const std::vector<std::string> expected = list_header(request, "expect");
  const auto can_be = [](const std::string& what) { return what == "100-continue"; };
  if (request.http_1_0 || std::ranges::all_of(expected, can_be)) return std::nullopt;
  return refuse(ProblemId::kExpectation, "only 100-continue can be expected");
}

/// What a server refuses before it looks at the target. Source: RFC 9110 sections 9.1 and 15.5.15
std::optional<Response> check_request_line(const Request& request) {
  if (request.method == Method::kOther)
    return refuse(ProblemId::kNotImplemented, "GET, HEAD and POST are the methods here");
  if (request.target.size() > kTargetMax)
    return refuse(ProblemId::kTargetTooLong, kTargetTooLongDetail);
  return std::nullopt;
}

bool takes_parameter(const Route& route, std::string_view name) {
  std::string_view names = route.query;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

std::optional<Response> check_query(const Route& route, const Parameters& query) {
  if (route.query == kAnyQuery) return std::nullopt;
  for (const auto& [name, value] : query) {
    if (!takes_parameter(route, name))
      return refuse(ProblemId::kBadRequest,
                    "an unknown query parameter; this resource takes: " +
                        std::string{route.query.empty() ? "none" : route.query});
    if (std::ranges::count(query, name, &Parameters::value_type::first) != 1)
      return refuse(ProblemId::kBadRequest, "a query parameter is given twice");
  }
  return std::nullopt;
}

Response no_method(const Exchange& exchange, const RouteMatch& match) {
  const Method method = exchange.request.method;
  const bool changing =
      method == Method::kPut || method == Method::kPatch || method == Method::kDelete;
  Response response =
      changing ? refuse(ProblemId::kWriteOnce,
                        "the ledger is write-once: nothing in it is changed or removed")
               : refuse(ProblemId::kMethodNotAllowed, "this resource takes " + match.allowed);
  response.headers.emplace_back("allow", match.allowed);
  return response;
}

/// Whether the request is answered whatever its sender has sent before: it is small and everybody's, and no credential
/// is tried with it.
bool is_exempt(const Exchange& exchange, const RouteMatch& match) {
  if (match.route == nullptr || match.route->share != Share::kNone) return false;
  const Rights rights = match.route->needs().rights;
  if (is_everybodys(rights, false)) return true;
  const bool open = exchange.hosted != nullptr && exchange.hosted->open_reads;
  return is_everybodys(rights, open) && !exchange.caller.certificate &&
         exchange.request.header("authorization").empty();
}

/// What was refused in the end is no answer, whatever the route had found.
ReadAnswer answer_of(const Exchange& exchange, int status) {
  return {method_name(exchange.request.method),
          exchange.route->pattern,
          status == kAnswered ? exchange.read->recorded_as.value_or(status) : status,
          exchange.read->range,
          exchange.read->has_events,
          exchange.read->last_event_of_bundle,
          exchange.read->further,
          exchange.read->is_search};
}

}  // namespace

Service::Service(Access& access, env::Clock& clock, std::span<const Route> table)
    : access_(access), traffic_(access.metrics().of("http")), clock_(clock), table_(table) {}

std::optional<Response> Service::find_route(Exchange& exchange, Target& target, RouteMatch& match) {
  if (match.allowed.empty()) return refuse(ProblemId::kNotFound, "there is no such path");
  if (!match.log.empty()) {
    exchange.hosted = access_.find_log(match.log);
    if (exchange.hosted == nullptr) return refuse(ProblemId::kNotFound, "there is no such log");
  }
  if (match.route == nullptr) return no_method(exchange, match);
  if (auto refusal = check_query(*match.route, target.query)) return refusal;
  exchange.route = match.route;
  exchange.item = std::move(match.item);
  exchange.rest = std::move(match.rest);
  exchange.target = std::move(target);
  return std::nullopt;
}

/// What was found wrong already is counted too: whoever tries paths has a rate like whoever tries tokens.
std::optional<Response> Service::arrive(Exchange& exchange, const RouteMatch& match) {
  if (is_exempt(exchange, match)) return std::nullopt;
  const auto refusal = access_.arrive(exchange.caller);
  if (!refusal) return std::nullopt;
  if (exchange.route != nullptr) put_refusal_on_record(exchange, *refusal);
  return refuse(*refusal);
}

std::optional<Response> Service::identify(Exchange& exchange) {
  const Needs needs = exchange.route->needs();
  if (is_everybodys(needs.rights, false)) return std::nullopt;
  const auto sent = authorization_of(exchange.request, exchange.route->dialect);
  std::optional<std::string_view> token;
  if (sent) token = sent->token;
  auto refusal = exchange.hosted == nullptr
                     ? access_.recognise(exchange.caller, token)
                     : access_.identify(exchange.caller, needs, *exchange.hosted, token);
  if (sent && !sent->is_of(exchange.caller.client)) refusal = access_.refuse_name(exchange.caller);
  if (!refusal) return std::nullopt;
  put_refusal_on_record(exchange, *refusal);
  return refuse(*refusal);
}

std::optional<Response> Service::check_body(const Exchange& exchange,
                                            std::optional<std::uint64_t> body_size) {
  if (auto refusal = check_expectation(exchange.request)) return refusal;
  const std::size_t most = exchange.route->body_max;
  if (most == 0 && body_size != 0)  // chunked too: nobody is waited for who has nothing to send
    return refuse(ProblemId::kTooLarge, "this resource takes no body");
  if (auto refusal = check_content_coding(exchange)) return refusal;
  if (body_size.value_or(0) > most)
    return refuse(ProblemId::kTooLarge, "the body is " + std::to_string(*body_size) +
                                            " bytes; at most " + std::to_string(most) +
                                            " are taken here");
  return std::nullopt;
}

std::optional<Response> Service::take_turn(Exchange& exchange) {
  const auto refusal = access_.take_turn(exchange.caller, exchange.route->needs());
  if (!refusal) return std::nullopt;
  put_refusal_on_record(exchange, *refusal);
  return refuse(*refusal);
}

std::optional<Response> Service::let_in(Exchange& exchange,
                                        std::optional<std::uint64_t> body_size) {
  const auto refusal =
      access_.let_in(exchange.caller, exchange.route->needs(), body_size.value_or(0));
  if (!refusal) return std::nullopt;
  put_refusal_on_record(exchange, *refusal);
  return refuse(*refusal);
}

Admission Service::admit(Request head, std::optional<std::uint64_t> body_size, std::string peer,
                         std::shared_ptr<const PeerCertificate> certificate,
                         std::optional<Address> address) {
  Admission out;
  out.exchange = std::make_shared<Exchange>(Caller{traffic_, std::move(peer)});
  Exchange& exchange = *out.exchange;
  exchange.caller.certificate = std::move(certificate);
  exchange.caller.address = address;
  exchange.service = this;
  exchange.request = std::move(head);
  exchange.dialect = guess_dialect(exchange.request);
  out.refusal = check_head(exchange, body_size);
  if (out.refusal)
    out.refusal = in_dialect(exchange, std::move(*out.refusal));
  else
    out.body_max = exchange.route->body_max;
  return out;
}

std::optional<Response> Service::check_head(Exchange& exchange,
                                            std::optional<std::uint64_t> body_size) {
  if (auto refusal = check_request_line(exchange.request)) return refusal;
  auto target = parse_target(exchange.request.target);
  if (!target) return refuse(ProblemId::kBadRequest, target.error().message);
  RouteMatch match = match_route(table_, exchange.request.method, *target);
  if (!match.allowed.empty()) exchange.dialect = match.dialect;
  auto refusal = check_headers(exchange.request);
  if (!refusal) refusal = find_route(exchange, *target, match);
  if (auto limited = arrive(exchange, match)) refusal = std::move(limited);
  if (!refusal) refusal = identify(exchange);
  if (!refusal) refusal = take_turn(exchange);
  if (!refusal) refusal = check_body(exchange, body_size);
  if (!refusal) refusal = let_in(exchange, body_size);
  return refusal;
}

Response Service::failed(const std::exception& failure) {
  access_.journal().error("route_failed", failure.what());
  return refuse(ProblemId::kInternal, "the request could not be answered");
}

void Service::work(const Exchange& exchange, const Reply& reply, std::function<void()> task) {
  const auto run = [this, reply, task = std::move(task)] {
    try {
      task();
    } catch (const std::exception& failure) {
      reply(failed(failure));
    }
  };
  const bool is_search = exchange.route->runs == Runs::kSearch;
  access_.work(exchange.caller, exchange.route->share, run,
               is_search ? TaskKind::kSearch : TaskKind::kOther);
}

// From here on the response is what the request holds: its own body is no longer needed.
Response Service::make_counted(Exchange& exchange, const Reply::Make& make) {
  try {
    Response response = in_dialect(exchange, make());
    apply_conditions(exchange.request, response);
    exchange.request.body = Buffer();
    const auto limit = access_.hold(exchange.caller, response.body.size());
    if (!limit) return response;
    static_cast<void>(access_.hold(exchange.caller, 0));
    put_refusal_on_record(exchange, *limit);
    return in_dialect(exchange, refuse(*limit));
  } catch (const std::exception& failure) {
    return in_dialect(exchange, failed(failure));
  }
}

/// Nothing is answered of an event before it is taken down who asked. A route that reads and does not say
/// what is a mistake, which lets out nothing.
std::optional<Response> Service::put_on_record(const Exchange& exchange, int status) {
  if (status == kForbidden) {  // it is another source's, as the route has found
    put_refusal_on_record(exchange, NotAllowed{});
    return std::nullopt;
  }
  if (!exchange.read) {
    const bool tells = status < kRefusals && reads_events(exchange.route->rights);
    return tells ? std::optional{failed(std::logic_error("a route says nothing of what it reads"))}
                 : std::nullopt;
  }
  if (status == kTooMany) return std::nullopt;  // it is on record as refused
  const auto taken =
      access_.put_on_record(exchange.caller, *exchange.hosted, answer_of(exchange, status));
  return taken ? std::nullopt : std::optional{refuse(taken.error())};
}

Response Service::make_recorded(Exchange& exchange, const Reply::Make& make) {
  Response response = make_counted(exchange, make);
  auto refusal = put_on_record(exchange, response.status);
  return refusal ? in_dialect(exchange, std::move(*refusal)) : std::move(response);
}

/// On the thread of whoever has the answer: the socket's must not wait.
void Service::reply_once_recorded(const SharedExchange& exchange, const Reply& reply,
                                  const Reply::Make& make) {
  const auto response = std::make_shared<Response>(make_counted(*exchange, make));
  if (!exchange->read || response->status == kForbidden || response->status == kTooMany) {
    auto refusal = put_on_record(*exchange, response->status);
    return reply(refusal ? in_dialect(*exchange, std::move(*refusal)) : std::move(*response));
  }
  access_.put_on_record(
      exchange->caller, *exchange->hosted, answer_of(*exchange, response->status),
      [exchange, reply, response](const Result<void>& recorded) {
        reply(recorded ? std::move(*response) : in_dialect(*exchange, refuse(recorded.error())));
      });
}

void Service::put_refusal_on_record(const Exchange& exchange, const Refusal& refusal) {
  if (exchange.hosted == nullptr || !reads_events(exchange.route->rights)) return;
  access_.put_on_record(exchange.caller, *exchange.hosted, method_name(exchange.request.method),
                        exchange.route->pattern, refusal);
}

void Service::finished(const Exchange& exchange, int status, std::uint64_t bytes_in,
                       std::uint64_t bytes_out, double seconds) {
  Outcome outcome;
  outcome.method = method_name(exchange.request.method);
  outcome.route = exchange.route ? exchange.route->pattern : "(none)";
  if (exchange.hosted != nullptr) outcome.log = exchange.hosted->name;
  outcome.status = status;
  outcome.bytes_in = bytes_in;
  outcome.bytes_out = bytes_out;
  outcome.seconds = seconds;
  access_.finished(exchange.caller, outcome);
}

void Service::answer(const SharedExchange& exchange, const Reply& reply) {
  const Route& route = *exchange->route;
  const Reply counted{[this, exchange, reply](Reply::Make make) {
    if (exchange->read && access_.waits_for_record(exchange->caller))
      return reply_once_recorded(exchange, reply, make);
    reply.later(
        [this, exchange, make = std::move(make)] { return make_recorded(*exchange, make); });
  }};
  const bool small = exchange->request.body.size() <= kSmallBody;
  if (route.runs == Runs::kHere || (route.runs == Runs::kHereIfSmall && small))
    return route.answer(exchange, counted);
  work(*exchange, counted, [exchange, counted, &route] { route.answer(exchange, counted); });
}

}  // namespace varve::api
