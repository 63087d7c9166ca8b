// Beast parses; here is counted what it does not bound, and refused what it takes too leniently.
#include "tools/client/response_reader.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "ledger/base/text.h"

namespace varve::client {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;

constexpr std::size_t kReadSize = 16 * 1'024;

Error not_http(std::string_view why) {
  return busy("what the server answers is not HTTP/1.1: " + std::string(why));
}

/// Beast joins a value that goes on in the next line, which RFC 9112 forbids (section 5.2).
bool has_folded_line(std::string_view head) {
  return head.find("\r\n ") != std::string_view::npos ||
         head.find("\r\n\t") != std::string_view::npos;
}

/// Beast takes equal lengths twice, and bodies in codings that it does not decode.
Result<void> check_framing(const http::response_header<>& head) {
  for (const auto field :
       {http::field::content_length, http::field::transfer_encoding, http::field::content_encoding})
    if (head.count(field) > 1)
      return not_http("two headers " + std::string(http::to_string(field)));
  const auto length = head.find(http::field::content_length);
  if (length != head.end() && !decode_decimal(length->value()))
    return not_http("its Content-Length is no number");
  const auto transfer = head.find(http::field::transfer_encoding);
  if (transfer != head.end() && !boost::beast::iequals(transfer->value(), "chunked"))
    return not_http("a Transfer-Encoding that was not asked for");
  return {};
}

}  // namespace

struct ResponseReader::Parser : http::response_parser<http::string_body> {
  Parser() {
    header_limit(kHeadMax);
    body_limit(boost::none);  // until the head says how the body is coded
  }
};

Result<HttpResponse> ResponseReader::read() {
  for (std::size_t interim = 0; interim <= kInterimMax; ++interim) {
    Parser parser;
    RETURN_IF_ERROR(feed(parser));
    HttpResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get())
      response.headers.push_back({std::string(field.name_string()), std::string(field.value())});
    headers_ += response.headers.size();
    if (headers_ > kHeadersMax) return not_http("more than 100 headers");
    if (response.status < 100 || response.status > 599) return not_http("an unknown status");
    if (response.status == 101) return not_http("it changes the protocol");
    if (response.status >= 200) return with_body(parser, std::move(response));
  }
  return not_http("1xx answers without end");
}

Result<HttpResponse> ResponseReader::with_body(Parser& parser, HttpResponse response) {
  RETURN_IF_ERROR(check_framing(parser.get()));
  keep_alive_ = parser.keep_alive();
  response.content_type = response.header("Content-Type");
  if (response.status == 204 || response.status == 304) return response;
  const std::string_view coding = response.header("Content-Encoding");
  const bool is_gzip = boost::beast::iequals(coding, "gzip");
  if (!is_gzip && !coding.empty() && !boost::beast::iequals(coding, "identity"))
    return not_http("a Content-Encoding that was not asked for");
  std::size_t sent_max = body_max_;
  if (is_gzip) sent_max += body_max_ / 256 + 1'024;  // what does not compress gets longer
  if (parser.content_length().value_or(0) > sent_max) return too_large();
  parser.body_limit(sent_max);
  parser.eager(true);
  RETURN_IF_ERROR(feed(parser));
  response.body = std::move(parser.get().body());
  if (!is_gzip) return response;
  auto decoded = decode_gzip(response.body, body_max_);
  if (!decoded) return decoded.error().code == Code::kInvalid ? too_large() : decoded.error();
  response.body = std::move(*decoded);
  return response;
}

Result<void> ResponseReader::feed(Parser& parser) {
  for (;;) {
    RETURN_IF_ERROR(put(parser));
    if (parser.eager() ? parser.is_done() : parser.is_header_done()) return {};
    // Around a body there may be a quarter of it, beyond what any answer may have.
    const std::size_t body = parser.get().body().size();
    if (parsed_ + buffer_.size() - body > kHeadMax + body / 4)
      return not_http("there is more around the body than in it");
    ASSIGN_OR_RETURN(const bool came, fill());
    if (!came && parser.is_header_done() && parser.need_eof()) return {};
    if (!came) return busy("the server ended the connection before its answer was whole");
  }
}

Result<void> ResponseReader::put(Parser& parser) {
  if (parser.is_done()) return {};  // a head that says that nothing follows
  const bool in_head = !parser.is_header_done();
  ErrorCode error;
  const std::size_t taken = parser.put({buffer_.data(), buffer_.size()}, error);
  if (error == http::error::body_limit) return too_large();
  if (error && error != http::error::need_more) return not_http(error.message());
  if (in_head && has_folded_line(std::string_view(buffer_).substr(0, taken)))
    return not_http("a header in two lines");
  parsed_ += taken;
  buffer_.erase(0, taken);
  return {};
}

Result<bool> ResponseReader::fill() {
  const std::size_t before = buffer_.size();
  const std::size_t most = std::min(kReadSize, kHeadMax - before);
  if (most == 0) return not_http("a line without end");
  buffer_.resize(before + most);
  auto count = read_(std::as_writable_bytes(std::span{buffer_}.subspan(before)));
  buffer_.resize(before + (count ? *count : 0));
  if (!count) return std::move(count).error();
  return *count > 0;
}

Error ResponseReader::too_large() const {
  return invalid("the server's answer is larger than " + std::to_string(body_max_) + " bytes");
}

}  // namespace varve::client
