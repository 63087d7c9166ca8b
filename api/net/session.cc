// Requests are read, handed to the service, and answered, one after the other.
#include "api/net/session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "api/dialect.h"
#include "api/net/message.h"
#include "api/net/reader.h"
#include "api/net/watchdog.h"
#include "api/problem.h"
#include "api/refusal_response.h"

namespace varve::api {
namespace {

constexpr std::chrono::seconds kLinger{5};
constexpr std::ptrdiff_t kHeaderFieldsMax = 128;  // each takes more memory than its bytes
constexpr Fault kTooManyFields{ProblemId::kHeadersTooLarge, "the header has more than 128 fields"};
constexpr Fault kUnclearCoding{ProblemId::kBadRequest, "the Transfer-Encoding is not well-formed"};

/// Asks the service and resumes on the caller's executor with what it replies, from any thread.
/// Only the first reply counts.
Awaitable<Response> ask(Service& service, const SharedExchange& exchange) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(Response)>(
      [&service, exchange](auto resume) {
        struct Waiting {
          explicit Waiting(decltype(resume) r) : go_on(std::move(r)) {}
          decltype(resume) go_on;
          std::atomic<bool> replied{false};
        };
        const auto waiting = std::make_shared<Waiting>(std::move(resume));
        service.answer(
            exchange, Reply{[waiting](Reply::Make make) {
              if (waiting->replied.exchange(true)) return;
              asio::post(asio::get_associated_executor(waiting->go_on),
                         [waiting, make = std::move(make)] { std::move(waiting->go_on)(make()); });
            }});
      },
      kAwait);
}

Manner manner_of(const Request& request, bool keep) {
  return {keep, request.method == Method::kHead, request.http_1_0};
}

class Session {
 public:
  using Steady = std::chrono::steady_clock;

  Session(std::shared_ptr<Connection> connection, std::unique_ptr<Stream> stream,
          SessionContext context)
      : connection_(std::move(connection)),
        stream_(std::move(stream)),
        watchdog_(connection_, context.service.traffic()),
        context_(std::move(context)),
        reader_(*stream_, watchdog_, *context_.options) {
    connection_->socket = &stream_->socket();
  }
  ~Session() {
    connection_->socket = nullptr;
    context_.connections.close(connection_);
    context_.service.traffic().connection_closed();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Awaitable<void> run();

 private:
  Awaitable<void> serve_requests();
  Awaitable<bool> await_request();
  Awaitable<bool> serve_request();
  Awaitable<bool> answer(SharedExchange exchange, bool keep);
  Awaitable<bool> refuse_header(ErrorCode error);
  Awaitable<bool> refuse_and_close(Fault fault, Request head);
  Awaitable<bool> refuse_unread(const Exchange& exchange, Response response, bool unread);
  Awaitable<bool> refuse_body(const Exchange& exchange, ErrorCode error);
  Awaitable<ErrorCode> read_body(RequestParser& parser, Exchange& exchange, std::size_t most);
  Awaitable<ErrorCode> send(Bytes first, Bytes second);
  Awaitable<bool> write(Response response, Manner manner);
  Awaitable<void> linger();
  Admission admit(Request head, const RequestParser& parser);
  void record(const Exchange& exchange, int status, std::uint64_t bytes_in,
              std::uint64_t bytes_out);
  void allow(std::chrono::milliseconds most) { watchdog_.allow(most); }
  [[nodiscard]] const Timeouts& timeouts() const { return context_.options->timeouts; }

  std::shared_ptr<Connection> connection_;
  std::unique_ptr<Stream> stream_;
  Watchdog watchdog_;
  SessionContext context_;
  Reader reader_;
  std::shared_ptr<const PeerCertificate> certificate_;  // what the client has shown; null: nothing
  Steady::time_point started_;                          // the end of the request's header
};

Awaitable<void> Session::run() {
  allow(timeouts().header);
  const ErrorCode error = co_await stream_->begin();
  const std::string_view fault = stream_->certificate_fault();
  if (!fault.empty()) context_.service.access().refused_certificate(connection_->peer, fault);
  if (error) co_return;
  certificate_ = stream_->certificate();
  co_await serve_requests();
  connection_->stage = Stage::kEnding;
  allow(kLinger);
  co_await stream_->end();
}

Awaitable<void> Session::serve_requests() {
  for (;;) {
    connection_->idle_since = Steady::now().time_since_epoch().count();
    connection_->stage = Stage::kIdle;
    reader_.shrink();
    const bool there = co_await await_request();
    if (!there) co_return;
    connection_->stage = Stage::kStranger;
    const bool again = co_await serve_request();
    if (!again || context_.connections.draining()) co_return;
  }
}

Awaitable<bool> Session::await_request() {
  if (reader_.has_some()) co_return true;  // a pipelined one
  if (context_.connections.draining()) co_return false;
  const ErrorCode error = co_await reader_.wait();
  co_return !error;
}

Admission Session::admit(Request head, const RequestParser& parser) {
  std::optional<std::uint64_t> size;
  if (!parser.chunked()) size = parser.content_length().value_or(0);
  return context_.service.admit(std::move(head), size, connection_->peer, certificate_,
                                connection_->address);
}

Awaitable<bool> Session::serve_request() {
  std::optional<RequestParser> parser;
  ErrorCode error = co_await reader_.read_header(parser);
  if (error) co_return co_await refuse_header(error);
  connection_->asked = true;
  Request head = to_request(parser->get());
  auto fault = find_fault(head);
  if (std::distance(parser->get().begin(), parser->get().end()) > kHeaderFieldsMax)
    fault = kTooManyFields;
  if (!fault && head.has_header("transfer-encoding") && !parser->chunked()) fault = kUnclearCoding;
  if (fault) co_return co_await refuse_and_close(*fault, std::move(head));
  started_ = Steady::now();
  const bool keep = keeps_connection(head);
  Admission admission = admit(std::move(head), *parser);
  const bool has_body = parser->chunked() || parser->content_length().value_or(0) != 0;
  if (admission.refusal) {
    Response refusal = std::move(*admission.refusal);
    co_return co_await refuse_unread(*admission.exchange, std::move(refusal), has_body || !keep);
  }
  const SharedExchange exchange = std::move(admission.exchange);
  if (!exchange->caller.client.empty()) connection_->stage = Stage::kClient;
  if (has_body) {
    error = co_await read_body(*parser, *exchange, admission.body_max);
    if (error) {
      context_.service.access().charge_body(exchange->caller, parser->get().body().size());
      parser.reset();  // and with it what did arrive
      exchange->caller.pass.reset();
      co_return co_await refuse_body(*exchange, error);
    }
    exchange->request.body = std::move(parser->get().body());
  }
  parser.reset();  // nothing of it is needed while the request waits
  reader_.shrink();
  co_return co_await answer(exchange, keep);
}

Awaitable<bool> Session::answer(SharedExchange exchange, bool keep) {
  const std::uint64_t bytes_in = exchange->request.body.size();
  const Manner manner = manner_of(exchange->request, keep);
  watchdog_.rest();
  Response response = co_await ask(context_.service, exchange);
  const int status = response.status;
  const std::uint64_t bytes_out = manner.head ? 0 : response.body.size();
  const bool alive = co_await write(std::move(response), manner);
  record(*exchange, status, bytes_in, bytes_out);
  co_return alive;
}

void Session::record(const Exchange& exchange, int status, std::uint64_t bytes_in,
                     std::uint64_t bytes_out) {
  const std::chrono::duration<double> took = Steady::now() - started_;
  context_.service.finished(exchange, status, bytes_in, bytes_out, took.count());
}

bool is_of_http(ErrorCode error) {
  return error.category() == make_error_code(http::error::end_of_stream).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

// A header that cannot be parsed is answered when that is possible, and ends the connection.
Awaitable<bool> Session::refuse_header(ErrorCode error) {
  if (!is_of_http(error)) co_return false;
  const Fault fault = reader_.header_fault(error);
  Request nothing;
  co_return co_await refuse_and_close(fault, std::move(nothing));
}

// `head`: as far as it was understood.
Awaitable<bool> Session::refuse_and_close(Fault fault, Request head) {
  Response refusal = in_dialect(guess_dialect(head), head, refuse(fault.problem, fault.detail));
  const Manner manner;
  static_cast<void>(co_await write(std::move(refusal), manner));
  co_await linger();
  co_return false;
}

// A refusal before the body was read: the connection ends unless there is no body to skip.
Awaitable<bool> Session::refuse_unread(const Exchange& exchange, Response response, bool unread) {
  const int status = response.status;
  const std::uint64_t size = response.body.size();
  const Manner manner = manner_of(exchange.request, !unread);
  const bool alive = co_await write(std::move(response), manner);
  record(exchange, status, 0, manner.head ? 0 : size);
  if (unread) co_await linger();
  co_return alive;
}

Awaitable<ErrorCode> Session::read_body(RequestParser& parser, Exchange& exchange,
                                        std::size_t most) {
  if (waits_for_continue(exchange.request)) {
    const ErrorCode error = co_await send(bytes_of("HTTP/1.1 100 Continue\r\n\r\n"), {});
    if (error) co_return error;
  }
  co_return co_await reader_.read_body(parser, exchange, most);
}

// What comes of a body that was not read to its end.
Awaitable<bool> Session::refuse_body(const Exchange& exchange, ErrorCode error) {
  Response refusal;
  if (error == http::error::body_limit)
    refusal = refuse(ProblemId::kTooLarge, "the body is too large for this resource");
  else if (error == http::error::buffer_overflow)
    refusal = refuse(reader_.full());
  else if (error == http::error::header_limit)
    refusal = refuse(ProblemId::kHeadersTooLarge, "a chunk's header or the trailer is too large");
  else if (is_of_http(error))
    refusal = refuse(ProblemId::kBadRequest, "the body is not in chunks of HTTP/1.1");
  else
    co_return false;
  Response told = in_dialect(exchange, std::move(refusal));
  co_return co_await refuse_unread(exchange, std::move(told), true);
}

/// Whether the connection can take another request.
Awaitable<bool> Session::write(Response response, Manner manner) {
  manner.keep = manner.keep && !context_.connections.draining();
  manner.tls = !context_.options->tls.certificate.empty();
  const std::string header = wire_header(response, manner);
  const ErrorCode error = co_await send(bytes_of(header), wire_body(response, manner));
  co_return !error && manner.keep;
}

/// All of both.
Awaitable<ErrorCode> Session::send(Bytes first, Bytes second) {
  const Pace pace{timeouts().write, timeouts().header, context_.options->bytes_per_second_min};
  const auto began = Steady::now();
  std::size_t sent = 0;
  ErrorCode error;
  while (!error && !(first.empty() && second.empty())) {
    watchdog_.allow_until(began + pace.allowed(sent));
    const std::size_t length = co_await stream_->write(first, second, error);
    const std::size_t of_first = std::min(length, first.size());
    first = first.subspan(of_first);
    second = second.subspan(length - of_first);
    sent += length;
  }
  co_return error;
}

// Closing while the peer still sends would reset the connection and lose the answer on its way:
// so the rest is read and thrown away for a moment. Source: RFC 9112 section 9.6
Awaitable<void> Session::linger() {
  connection_->stage = Stage::kEnding;
  stream_->finish_writing();
  allow(kLinger);
  co_await reader_.discard();
}

}  // namespace

Awaitable<void> serve(std::shared_ptr<Connection> connection, std::unique_ptr<Stream> stream,
                      SessionContext context) {
  Session session{std::move(connection), std::move(stream), std::move(context)};
  co_await session.run();
}

}  // namespace varve::api
