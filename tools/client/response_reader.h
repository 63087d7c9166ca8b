// One HTTP/1.1 answer, read from bytes as they come. A server may be hostile: whatever it sends is
// bounded, and what is not HTTP/1.1 to the letter is refused. RFC 9112.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "tools/client/http.h"

namespace varve::client {

// Bounds on what is not body, for one answer.
inline constexpr std::size_t kHeadMax = 64 * 1'024;      // bytes: all lines, of all 1xx too
inline constexpr std::size_t kHeadLineMax = 16 * 1'024;  // bytes of one line
inline constexpr std::size_t kHeadersMax = 100;          // of all 1xx too, and trailers
inline constexpr std::size_t kInterimMax = 8;            // 1xx answers before the final one

class ResponseReader {
 public:
  /// Reads at least one byte into `out` and returns how many, 0 at the end of the connection.
  using Read = std::function<Result<std::size_t>(MutableBytes out)>;

  /// `body_max`: bytes of the body, as sent and as decoded.
  ResponseReader(Read read, std::size_t body_max)
      : read_(std::move(read)), body_max_(body_max), sent_max_(body_max) {}

  /// The answer to a GET or a POST. Call it once.
  /// Errors: kBusy     the connection broke, or what came is not an HTTP/1.1 answer.
  ///         kInvalid  the body is larger than body_max.
  Result<HttpResponse> read();
  /// After read(): whether the connection is good for a further request.
  [[nodiscard]] bool may_be_reused() const { return keep_alive_ && at_ == buffer_.size(); }

 private:
  /// More bytes behind those in buffer_. Errors: kBusy  also when there are none.
  Result<void> fill();
  /// Up to a CR LF, which is not part of it. Valid until the next call.
  Result<std::string_view> line();
  Result<void> status_line(HttpResponse& response);
  Result<void> headers(HttpResponse& response);
  Result<void> body(HttpResponse& response);
  Result<void> take(std::string& body, std::uint64_t count);
  Result<void> take_chunks(std::string& body);
  Result<void> take_rest(std::string& body);
  [[nodiscard]] Error too_large() const;

  Read read_;
  std::size_t body_max_;
  std::size_t sent_max_;  // of the body as it is sent
  std::string buffer_;
  std::size_t at_ = 0;          // of buffer_: what is before was taken
  std::size_t head_bytes_ = 0;  // of lines that were taken
  std::size_t head_allowed_ = kHeadMax;
  std::size_t headers_ = 0;
  bool keep_alive_ = false;
};

/// `gzip` decoded. Errors: kInvalid  more than `most` bytes.  kBusy  it is not gzip.
Result<std::string> decode_gzip(std::string_view gzip, std::size_t most);

}  // namespace varve::client
