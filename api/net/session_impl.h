// The session as a template over the stream, included by the two files that instantiate it.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "api/net/message.h"
#include "api/net/pending.h"
#include "api/net/session.h"
#include "api/problem.h"

namespace varve::api {

inline constexpr std::size_t kReadBufferMax = 256 * 1024;
inline constexpr std::size_t kFirstRead = 4096;
inline constexpr std::chrono::seconds kLinger{5};

template <class Stream>
class Session {
 public:
  using Parser = http::request_parser<http::vector_body<std::byte>>;
  using ErrorCode = boost::system::error_code;
  using Steady = std::chrono::steady_clock;

  Session(std::shared_ptr<Connection> connection, Stream stream, SessionContext context)
      : connection_(std::move(connection)), stream_(std::move(stream)), context_(context) {
    connection_->stream = &socket();
  }
  ~Session() {
    connection_->stream = nullptr;
    context_.connections.close(connection_);
    context_.service.metrics().connection_closed();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Stream& stream() { return stream_; }
  TcpStream& socket() { return beast::get_lowest_layer(stream_); }
  [[nodiscard]] const Timeouts& timeouts() const { return context_.options.timeouts; }

  asio::awaitable<void> run();

 private:
  asio::awaitable<bool> await_first_byte();
  asio::awaitable<bool> serve_request();
  asio::awaitable<bool> answer(SharedExchange exchange, bool keep);
  asio::awaitable<bool> refuse_malformed(ErrorCode error);
  asio::awaitable<bool> refuse_and_close(ProblemId problem, std::string detail);
  asio::awaitable<bool> refuse_unread(const Exchange& exchange, Response response, bool unread);
  asio::awaitable<ErrorCode> read_body(Parser& parser, std::size_t most);
  asio::awaitable<bool> write(Response response, bool keep_alive, bool head);
  asio::awaitable<void> linger();
  Admission admit(const Parser& parser);
  void record(const Exchange& exchange, int status, std::uint64_t bytes_in,
              std::uint64_t bytes_out);

  std::shared_ptr<Connection> connection_;
  Stream stream_;
  SessionContext context_;
  beast::flat_buffer buffer_{kReadBufferMax};
  Steady::time_point started_;  // the end of the request's header
};

template <class Stream>
asio::awaitable<void> Session<Stream>::run() {
  for (;;) {
    connection_->idle_since = Steady::now().time_since_epoch().count();
    connection_->idle = true;
    const bool there = co_await await_first_byte();
    if (!there) co_return;
    connection_->idle = false;
    const bool again = co_await serve_request();
    if (!again || context_.connections.draining()) co_return;
  }
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::await_first_byte() {
  if (buffer_.size() != 0) co_return true;  // a pipelined request
  if (context_.connections.draining()) co_return false;
  ErrorCode error;
  const auto space = buffer_.prepare(kFirstRead);
  socket().expires_after(timeouts().idle);
  const std::size_t length =
      co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(length);
  co_return !error;
}

template <class Stream>
Admission Session<Stream>::admit(const Parser& parser) {
  const WireRequest& wire = parser.get();
  std::optional<std::uint64_t> size;
  if (!parser.chunked()) size = parser.content_length().value_or(0);
  return context_.service.admit(to_request(wire), size);
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::serve_request() {
  Parser parser;
  parser.header_limit(context_.options.header_bytes_max);
  parser.body_limit(boost::none);  // the route decides, once the header is here
  ErrorCode error;
  socket().expires_after(timeouts().header);
  co_await http::async_read_header(stream_, buffer_, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return co_await refuse_malformed(error);
  std::string unclear{framing_error(parser.get())};
  if (!unclear.empty())
    co_return co_await refuse_and_close(ProblemId::kBadRequest, std::move(unclear));
  started_ = Steady::now();
  Admission admission = admit(parser);
  const bool has_body = parser.chunked() || parser.content_length().value_or(0) != 0;
  const bool keep = parser.get().keep_alive();
  if (admission.refusal) {
    Response refusal = std::move(*admission.refusal);
    co_return co_await refuse_unread(*admission.exchange, std::move(refusal), has_body || !keep);
  }
  const SharedExchange exchange = std::move(admission.exchange);
  if (has_body) {
    error = co_await read_body(parser, admission.body_max);
    if (error == http::error::body_limit) {
      Response refusal = refuse(ProblemId::kTooLarge, "the body is too large for this resource");
      co_return co_await refuse_unread(*exchange, std::move(refusal), true);
    }
    if (error) co_return co_await refuse_malformed(error);
    exchange->request.body = std::move(parser.get().body());
  }
  co_return co_await answer(exchange, keep);
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::answer(SharedExchange exchange, bool keep) {
  const std::uint64_t bytes_in = exchange->request.body.size();
  const bool head = exchange->request.method == Method::kHead;
  const auto pending = std::make_shared<Pending>(connection_);
  context_.service.answer(exchange, pending->reply());
  Response response = co_await pending->response();
  const int status = response.status;
  const std::uint64_t bytes_out = head ? 0 : response.body.size();
  const bool alive = co_await write(std::move(response), keep, head);
  record(*exchange, status, bytes_in, bytes_out);
  co_return alive;
}

template <class Stream>
void Session<Stream>::record(const Exchange& exchange, int status, std::uint64_t bytes_in,
                             std::uint64_t bytes_out) {
  const std::chrono::duration<double> took = Steady::now() - started_;
  context_.service.finished(exchange, status, bytes_in, bytes_out, took.count());
}

// A request that cannot be parsed is answered when that is possible, and ends the connection.
template <class Stream>
asio::awaitable<bool> Session<Stream>::refuse_malformed(ErrorCode error) {
  const bool of_http = error.category() == make_error_code(http::error::end_of_stream).category();
  if (!of_http || error == http::error::end_of_stream || error == http::error::partial_message)
    co_return false;
  const ProblemId problem =
      error == http::error::header_limit ? ProblemId::kHeadersTooLarge : ProblemId::kBadRequest;
  co_return co_await refuse_and_close(problem, "not HTTP/1.1: " + error.message());
}

template <class Stream>
asio::awaitable<bool> Session<Stream>::refuse_and_close(ProblemId problem, std::string detail) {
  Response refusal = refuse(problem, detail);
  static_cast<void>(co_await write(std::move(refusal), false, false));
  co_await linger();
  co_return false;
}

// A refusal before the body was read: the connection ends unless there is no body to skip.
template <class Stream>
asio::awaitable<bool> Session<Stream>::refuse_unread(const Exchange& exchange, Response response,
                                                     bool unread) {
  const int status = response.status;
  const std::uint64_t size = response.body.size();
  const bool head = exchange.request.method == Method::kHead;
  const bool alive = co_await write(std::move(response), !unread, head);
  record(exchange, status, 0, head ? 0 : size);
  if (unread) co_await linger();
  co_return alive;
}

template <class Stream>
asio::awaitable<typename Session<Stream>::ErrorCode> Session<Stream>::read_body(Parser& parser,
                                                                                std::size_t most) {
  ErrorCode error;
  parser.body_limit(most);
  socket().expires_after(timeouts().body);
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on{http::status::continue_, parser.get().version()};
    co_await http::async_write(stream_, go_on, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return error;
  }
  co_await http::async_read(stream_, buffer_, parser,
                            asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

/// Whether the connection can take another request.
template <class Stream>
asio::awaitable<bool> Session<Stream>::write(Response response, bool keep_alive, bool head) {
  const bool keep = keep_alive && !context_.connections.draining();
  WireResponse wire = to_wire(std::move(response), kHttp11, keep, head);
  http::response_serializer<http::vector_body<std::byte>> serializer{wire};
  serializer.split(head);
  ErrorCode error;
  socket().expires_after(timeouts().write);
  co_await http::async_write(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
  co_return !error && keep;
}

// Closing while the peer still sends would reset the connection and lose the answer on its way:
// so the rest is read and thrown away for a moment. Source: RFC 9112 section 9.6
template <class Stream>
asio::awaitable<void> Session<Stream>::linger() {
  ErrorCode error;
  if constexpr (std::is_same_v<Stream, TcpStream>)
    socket().socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  buffer_.clear();
  socket().expires_after(kLinger);
  while (!error) {
    const auto space = buffer_.prepare(kReadBufferMax);
    co_await stream_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
  }
}

}  // namespace varve::api
