// Requests as they arrive on one connection, in no more memory and time than they are given.
#pragma once

#include <optional>

#include "api/framing.h"
#include "api/net/message.h"
#include "api/net/pace.h"
#include "api/net/stream.h"
#include "api/net/watchdog.h"
#include "api/route.h"

namespace varve::api {

using RequestParser = http::request_parser<ArrivingBody>;

/// On the connection's thread. A deadline ends each wait with an error, by closing the socket.
class Reader {
 public:
  Reader(Stream& stream, Watchdog& watchdog, const ServerOptions& options);

  /// Whether a byte of the next request is here already.
  [[nodiscard]] bool has_some() const { return buffer_.size() != 0; }
  /// Waits for the next request to begin.
  Awaitable<ErrorCode> wait();
  /// Makes a parser of a whole header. Until then nothing but its text is kept, at most
  /// header_bytes_max. Errors: http::error  it is not HTTP, or too long: see header_fault().
  Awaitable<ErrorCode> read_header(std::optional<RequestParser>& parser);
  /// What an error of read_header() is told as.
  [[nodiscard]] Fault header_fault(ErrorCode error) const;
  /// The body, of which the exchange's pass counts what has arrived. Errors: http::error  also
  /// body_limit  it is larger than `most`; header_limit  a chunk's header or the trailer is longer
  /// than header_bytes_max; buffer_overflow  the gate has no room, for the reason in full().
  Awaitable<ErrorCode> read_body(RequestParser& parser, Exchange& exchange, std::size_t most);
  [[nodiscard]] Limit full() const { return *full_; }
  /// Reads and throws away what comes until the peer closes or the watchdog does.
  Awaitable<void> discard();
  /// Gives back the memory that reading took, unless the next request is in it.
  void shrink();

 private:
  Awaitable<ErrorCode> read_more(std::size_t most);
  ErrorCode parse_header(std::optional<RequestParser>& parser);
  ErrorCode parse_body(RequestParser& parser, Exchange& exchange);
  bool has_header_end(std::size_t& searched);
  void skip_empty_line();
  [[nodiscard]] std::string_view text() const;

  Stream& stream_;
  Watchdog& watchdog_;
  const ServerOptions& options_;
  beast::flat_buffer buffer_;
  std::optional<Limit> full_;
  std::optional<Fault> fault_;  // of a header that Beast finds well-formed
};

}  // namespace varve::api
