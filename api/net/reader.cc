// Header first, in small reads; then the body, in larger ones while it keeps coming.
#include "api/net/reader.h"

#include <algorithm>
#include <string_view>

#include "api/service.h"

namespace varve::api {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kHeaderRead = 4096;  // most requests arrive in one
constexpr std::size_t kBodyRead = 16 * 1024;
constexpr std::size_t kBodyReadMax = 64 * 1024;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

}  // namespace

Reader::Reader(Stream& stream, Watchdog& watchdog, const ServerOptions& options)
    : stream_(stream),
      watchdog_(watchdog),
      options_(options),
      buffer_(options.header_bytes_max + kBodyReadMax) {}

Awaitable<ErrorCode> Reader::wait() {
  watchdog_.allow(options_.timeouts.idle);
  return read_more(kHeaderRead);
}

Awaitable<ErrorCode> Reader::read_more(std::size_t most) {
  ErrorCode error;
  const auto space = buffer_.prepare(most);
  const std::size_t length = co_await stream_.read(space, error);
  buffer_.commit(length);
  co_return error;
}

// What was parsed of half a header would take twenty times the memory of its text: so the parser
// sees what came first, which mostly is all, and then nothing until the end is here.
Awaitable<ErrorCode> Reader::read_header(std::optional<RequestParser>& parser) {
  std::size_t searched = 0;
  for (bool first = true;; first = false) {
    if (first || has_header_end(searched)) {
      ErrorCode error = parse_header(parser);
      if (error != http::error::need_more || !first) co_return error;
    }
    if (buffer_.size() >= options_.header_bytes_max) co_return http::error::header_limit;
    if (first) watchdog_.allow(options_.timeouts.header);
    const std::size_t space = options_.header_bytes_max - buffer_.size();
    ErrorCode error = co_await read_more(std::min(kHeaderRead, space));
    if (error) co_return error;
  }
}

std::string_view Reader::text() const {
  const auto data = buffer_.data();
  return {static_cast<const char*>(data.data()), data.size()};
}

bool Reader::has_header_end(std::size_t& searched) {
  const bool found = text().find(kHeaderEnd, searched) != std::string_view::npos;
  searched = buffer_.size() - std::min(buffer_.size(), kHeaderEnd.size() - 1);
  return found;
}

// Some clients send one behind a body. Source: RFC 9112 section 2.2
void Reader::skip_empty_line() {
  if (text().starts_with(kLineEnd)) buffer_.consume(kLineEnd.size());
}

ErrorCode Reader::parse_header(std::optional<RequestParser>& parser) {
  skip_empty_line();
  if (text() == "\r") return http::error::need_more;
  parser.emplace();
  parser->header_limit(options_.header_bytes_max);
  parser->body_limit(boost::none);  // the route decides, once the header is here
  ErrorCode error = http::error::need_more;
  const std::size_t length = has_some() ? parser->put(buffer_.data(), error) : 0;
  if (error && error != http::error::need_more) return error;
  if (parser->is_header_done()) {
    fault_ = find_text_fault(text().substr(0, length));
    if (fault_) return http::error::bad_obs_fold;
    buffer_.consume(length);
    return {};
  }
  parser.reset();
  return http::error::need_more;
}

Fault Reader::header_fault(ErrorCode error) const {
  if (fault_) return *fault_;
  if (error == http::error::header_limit) return too_long(text());
  if (error == http::error::bad_version) return bad_version(text());
  return {ProblemId::kBadRequest, "the header is not one of HTTP/1.1"};
}

Awaitable<ErrorCode> Reader::read_body(RequestParser& parser, Exchange& exchange,
                                       std::size_t most) {
  const Timeouts& timeouts = options_.timeouts;
  const Pace pace{timeouts.body, timeouts.header, options_.bytes_per_second_min};
  const auto began = Steady::now();
  parser.body_limit(most);
  parser.eager(true);
  std::size_t space = kBodyRead;
  for (;;) {
    ErrorCode error = parse_body(parser, exchange);
    if (error || parser.is_done()) co_return error;
    watchdog_.allow_until(began + pace.allowed(parser.get().body().size()));
    const std::size_t before = buffer_.size();
    error = co_await read_more(space);
    if (error) co_return error;
    if (buffer_.size() - before == space) space = std::min(2 * space, kBodyReadMax);
  }
}

// What the parser leaves behind is a part of a chunk's header or of the trailer.
ErrorCode Reader::parse_body(RequestParser& parser, Exchange& exchange) {
  ErrorCode error;
  if (has_some()) buffer_.consume(parser.put(buffer_.data(), error));
  if (error && error != http::error::need_more) return error;
  full_ = exchange.service->access().hold(exchange.caller, parser.get().body().size());
  if (full_) return http::error::buffer_overflow;
  if (parser.is_done() || buffer_.size() < options_.header_bytes_max) return {};
  return http::error::header_limit;
}

Awaitable<void> Reader::discard() {
  buffer_.clear();
  ErrorCode error;
  while (!error) co_await stream_.read(buffer_.prepare(kBodyRead), error);
}

void Reader::shrink() {
  if (!has_some() && buffer_.capacity() > kHeaderRead) buffer_.shrink_to_fit();
}

}  // namespace varve::api
