// Lines, then as many bytes as they announce.
#include "tools/client/response_reader.h"

#include <strings.h>

#include <algorithm>

#include "ledger/base/text.h"

namespace varve::client {
namespace {

constexpr std::size_t kReadSize = 16 * 1'024;

Error not_http(std::string_view why) {
  return busy("what the server answers is not HTTP/1.1: " + std::string(why));
}

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_token(std::string_view text) {
  const auto is_token_char = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The only header of that name. Errors: kBusy  there are several.
Result<std::string_view> only(const HttpResponse& response, std::string_view name) {
  const auto is_named = [&](const HttpHeader& h) { return is_same(h.name, name); };
  if (std::ranges::count_if(response.headers, is_named) > 1)
    return not_http("two headers " + std::string(name));
  return response.header(name);
}

/// 1 to 15 hex digits, then nothing or an extension.
Result<std::uint64_t> chunk_size(std::string_view line) {
  const std::string_view digits = trimmed(line.substr(0, line.find(';')));
  if (digits.empty() || digits.size() > 15) return not_http("a chunk without a size");
  std::uint64_t size = 0;
  for (const char c : digits) {
    const std::size_t value =
        std::string_view("0123456789abcdef")
            .find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
    if (value == std::string_view::npos) return not_http("a chunk without a size");
    size = size * 16 + value;
  }
  return size;
}

}  // namespace

Result<HttpResponse> ResponseReader::read() {
  HttpResponse response;
  for (std::size_t interim = 0;; ++interim) {
    if (interim > kInterimMax) return not_http("1xx answers without end");
    response = {};
    RETURN_IF_ERROR(status_line(response));
    RETURN_IF_ERROR(headers(response));
    if (response.status == 101) return not_http("it changes the protocol");
    if (response.status >= 200) break;
  }
  response.content_type = response.header("Content-Type");
  RETURN_IF_ERROR(body(response));
  return response;
}

Result<void> ResponseReader::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadSize);
  auto count = read_(std::as_writable_bytes(std::span{buffer_}.subspan(before)));
  buffer_.resize(before + (count ? *count : 0));
  if (!count) return std::move(count).error();
  if (*count == 0) return busy("the server ended the connection before its answer was whole");
  return {};
}

Result<std::string_view> ResponseReader::line() {
  std::size_t seen = 0;
  std::size_t end = std::string::npos;
  while ((end = buffer_.find('\n', at_ + seen)) == std::string::npos) {
    seen = buffer_.size() - at_;
    if (seen > kHeadLineMax) return not_http("a line without end");
    RETURN_IF_ERROR(fill());
  }
  const std::string_view text = std::string_view(buffer_).substr(at_, end - at_);
  at_ = end + 1;
  head_bytes_ += text.size() + 1;
  if (text.size() > kHeadLineMax) return not_http("a line without end");
  if (head_bytes_ > head_allowed_) return not_http("there is more around the body than in it");
  if (!text.ends_with('\r')) return not_http("a line ends without CR LF");
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
  };
  if (std::ranges::any_of(text.substr(0, text.size() - 1), is_control))
    return not_http("a control character in a line");
  return text.substr(0, text.size() - 1);
}

/// "HTTP/1.1 200 OK": a digit, a space, three digits, and a space even when there is no reason.
Result<void> ResponseReader::status_line(HttpResponse& response) {
  ASSIGN_OR_RETURN(const std::string_view text, line());
  const bool is_http = text.size() >= 12 &&
                       (text.starts_with("HTTP/1.1 ") || text.starts_with("HTTP/1.0 ")) &&
                       (text.size() == 12 || text[12] == ' ');
  if (!is_http) return not_http("its first line is no status line");
  const auto status = decode_decimal(text.substr(9, 3));
  if (!status || *status < 100 || *status > 599) return not_http("its status is no number");
  response.status = static_cast<int>(*status);
  keep_alive_ = text[7] == '1';
  return {};
}

Result<void> ResponseReader::headers(HttpResponse& response) {
  for (;;) {
    ASSIGN_OR_RETURN(const std::string_view text, line());
    if (text.empty()) return {};
    if (++headers_ > kHeadersMax) return not_http("more than 100 headers");
    const std::size_t colon = text.find(':');
    const std::string_view name = text.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name))
      return not_http("a header without a name");
    response.headers.push_back({std::string(name), std::string(trimmed(text.substr(colon + 1)))});
  }
}

Result<void> ResponseReader::body(HttpResponse& response) {
  ASSIGN_OR_RETURN(const std::string_view connection, only(response, "Connection"));
  if (!connection.empty() && !is_same(connection, "keep-alive")) keep_alive_ = false;
  ASSIGN_OR_RETURN(const std::string_view length, only(response, "Content-Length"));
  ASSIGN_OR_RETURN(const std::string_view transfer, only(response, "Transfer-Encoding"));
  ASSIGN_OR_RETURN(const std::string_view coding, only(response, "Content-Encoding"));
  if (response.status == 204 || response.status == 304) return {};
  const bool is_gzip = is_same(coding, "gzip");
  if (!is_gzip && !coding.empty() && !is_same(coding, "identity"))
    return not_http("a Content-Encoding that was not asked for");
  if (is_gzip) sent_max_ += sent_max_ / 256 + 1'024;  // what does not compress gets longer
  std::string sent;
  if (!transfer.empty()) {
    if (!is_same(transfer, "chunked") || !length.empty())
      return not_http("two lengths of the body");
    RETURN_IF_ERROR(take_chunks(sent));
  } else if (!length.empty()) {
    const auto count = decode_decimal(length);
    if (!count) return not_http("its Content-Length is no number");
    RETURN_IF_ERROR(take(sent, *count));
  } else {
    RETURN_IF_ERROR(take_rest(sent));
  }
  if (!is_gzip) {
    response.body = std::move(sent);
    return {};
  }
  auto decoded = decode_gzip(sent, body_max_);
  if (!decoded) return decoded.error().code == Code::kInvalid ? too_large() : decoded.error();
  response.body = std::move(*decoded);
  return {};
}

Result<void> ResponseReader::take(std::string& body, std::uint64_t count) {
  if (count > sent_max_ - body.size()) return too_large();
  while (count > 0) {
    if (at_ == buffer_.size()) RETURN_IF_ERROR(fill());
    const std::size_t part = std::min<std::uint64_t>(count, buffer_.size() - at_);
    body.append(buffer_, at_, part);
    at_ += part;
    count -= part;
  }
  return {};
}

/// Around chunks there may be a quarter of what is in them, beyond what an answer may have anyway.
Result<void> ResponseReader::take_chunks(std::string& body) {
  for (;;) {
    head_allowed_ = kHeadMax + body.size() / 4;
    ASSIGN_OR_RETURN(const std::string_view announced, line());
    ASSIGN_OR_RETURN(const std::uint64_t size, chunk_size(announced));
    if (size == 0) break;
    RETURN_IF_ERROR(take(body, size));
    ASSIGN_OR_RETURN(const std::string_view after, line());
    if (!after.empty()) return not_http("a chunk is longer than it says");
  }
  HttpResponse trailers;
  return headers(trailers);
}

Result<void> ResponseReader::take_rest(std::string& body) {
  keep_alive_ = false;
  for (;;) {
    RETURN_IF_ERROR(take(body, buffer_.size() - at_));
    buffer_.resize(kReadSize);
    at_ = 0;
    auto count = read_(std::as_writable_bytes(std::span{buffer_}));
    buffer_.resize(count ? *count : 0);
    if (!count) return std::move(count).error();
    if (*count == 0) return {};
  }
}

Error ResponseReader::too_large() const {
  return invalid("the server's answer is larger than " + std::to_string(body_max_) + " bytes");
}

}  // namespace varve::client
