// One HTTP/1.1 answer, read from bytes as they come with Boost.Beast's parser. A server may be
// hostile: whatever it sends is bounded, and an ambiguous length is refused. RFC 9112.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "tools/client/http.h"

namespace varve::client {

// Bounds on what is not body, for one answer.
inline constexpr std::size_t kHeadMax = 64 * 1'024;  // bytes: all heads, of all 1xx too
inline constexpr std::size_t kHeadersMax = 100;      // of all 1xx too
inline constexpr std::size_t kInterimMax = 8;        // 1xx answers before the final one

class ResponseReader {
 public:
  /// Reads at least one byte into `out` and returns how many, 0 at the end of the connection.
  using Read = std::function<Result<std::size_t>(MutableBytes out)>;

  /// `body_max`: bytes of the body, as sent and as decoded.
  ResponseReader(Read read, std::size_t body_max) : read_(std::move(read)), body_max_(body_max) {}

  /// The answer to a GET or a POST. Call it once.
  /// Errors: kBusy     the connection broke, or what came is not an HTTP/1.1 answer.
  ///         kInvalid  the body is larger than body_max.
  Result<HttpResponse> read();
  /// After read(): whether the connection is good for a further request.
  [[nodiscard]] bool may_be_reused() const { return keep_alive_ && buffer_.empty(); }

 private:
  struct Parser;  // Beast's, whose headers are slow to compile

  /// Reads until the parser has its head or, when it is eager, the whole answer.
  Result<void> feed(Parser& parser);
  /// Feeds the parser once. What it does not take stays in buffer_.
  Result<void> put(Parser& parser);
  /// Appends to buffer_. Returns false at the end of the connection.
  Result<bool> fill();
  Result<HttpResponse> with_body(Parser& parser, HttpResponse response);
  [[nodiscard]] Error too_large() const;

  Read read_;
  std::size_t body_max_;
  std::string buffer_;      // what came and was not parsed, at most kHeadMax
  std::size_t parsed_ = 0;  // bytes of all heads and of the body as it was sent
  std::size_t headers_ = 0;
  bool keep_alive_ = false;
};

/// `gzip` decoded. Errors: kInvalid  more than `most` bytes.  kBusy  it is not gzip.
Result<std::string> decode_gzip(std::string_view gzip, std::size_t most);

}  // namespace varve::client
