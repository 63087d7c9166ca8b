// Rules of RFC 9110 and 9112 that a lenient parser leaves to its user.
#include "api/framing.h"

#include <algorithm>

#include "api/target.h"

namespace varve::api {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLineEnd = "\r\n";

bool only(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

std::ptrdiff_t times(const Request& head, std::string_view name) {
  return std::ranges::count(head.headers, name, &std::pair<std::string, std::string>::first);
}

/// A registered name or an IPv4 address; may be empty.
bool is_host_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return is_name_character(c) || c == '%'; }) &&
         percent_decode(text).has_value();
}

std::optional<Fault> find_host_fault(const Request& head) {
  const auto hosts = times(head, "host");
  if (hosts > 1 || (hosts == 0 && !head.http_1_0))
    return Fault{ProblemId::kBadRequest, "an HTTP/1.1 request has one Host header"};
  if (is_authority(head.header("host"))) return std::nullopt;
  return Fault{ProblemId::kBadRequest, "the Host header is no host and port"};
}

std::optional<Fault> find_length_fault(const Request& head) {
  const auto lengths = times(head, "content-length");
  const std::string_view length = head.header("content-length");
  if (lengths == 0 || (lengths == 1 && !length.empty() && only(length, kDigits)))
    return std::nullopt;
  return Fault{ProblemId::kBadRequest, "Content-Length is one decimal number, given once"};
}

std::optional<Fault> find_coding_fault(const Request& head) {
  if (!head.has_header("transfer-encoding")) return std::nullopt;
  if (head.http_1_0)
    return Fault{ProblemId::kBadRequest, "an HTTP/1.0 request has no Transfer-Encoding"};
  if (head.has_header("content-length"))
    return Fault{ProblemId::kBadRequest,
                 "a request has a Content-Length or a Transfer-Encoding, not both"};
  const auto codings = list_header(head, "transfer-encoding");
  if (codings.empty() || codings.back() != "chunked" || std::ranges::count(codings, "chunked") != 1)
    return Fault{ProblemId::kBadRequest,
                 "the last Transfer-Encoding is chunked, and it is so once"};
  if (codings.size() == 1) return std::nullopt;
  return Fault{ProblemId::kNotImplemented, "the only Transfer-Encoding taken is chunked"};
}

std::string_view first_line(std::string_view header) {
  return header.substr(0, header.find(kLineEnd));
}

}  // namespace

std::optional<Fault> find_text_fault(std::string_view header) {
  for (std::size_t at = header.find(kLineEnd); at + 2 < header.size();
       at = header.find(kLineEnd, at + 2))
    if (header[at + 2] == ' ' || header[at + 2] == '\t')
      return Fault{ProblemId::kBadRequest, "a line of the header begins with white space"};
  return std::nullopt;
}

std::optional<Fault> find_fault(const Request& head) {
  auto fault = find_host_fault(head);
  if (!fault) fault = find_length_fault(head);
  if (!fault) fault = find_coding_fault(head);
  return fault;
}

Fault too_long(std::string_view begin) {
  const std::string_view line = first_line(begin);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos && line.size() == begin.size())
    return {ProblemId::kNotImplemented, "no method here has a name that long"};
  const std::string_view target = line.substr(std::min(space, line.size() - 1) + 1);
  if (target.substr(0, target.find(' ')).size() > kTargetMax)
    return {ProblemId::kTargetTooLong, kTargetTooLongDetail};
  return {ProblemId::kHeadersTooLarge, "the header is too large"};
}

Fault bad_version(std::string_view header) {
  std::string_view version = first_line(header);
  if (std::ranges::count(version, ' ') == 2) version.remove_prefix(version.rfind(' ') + 1);
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") &&
                           version[6] == '.' && only(version.substr(5, 1), kDigits) &&
                           only(version.substr(7), kDigits);
  if (well_formed) return {ProblemId::kVersion, "HTTP/1.1 and HTTP/1.0 are spoken here"};
  return {ProblemId::kBadRequest, "the request line does not end with HTTP/1.1"};
}

bool keeps_connection(const Request& head) {
  const auto options = list_header(head, "connection");
  if (std::ranges::count(options, "close") != 0) return false;
  return !head.http_1_0 || std::ranges::count(options, "keep-alive") != 0;
}

bool waits_for_continue(const Request& head) {
  return !head.http_1_0 && !list_header(head, "expect").empty();
}

bool is_authority(std::string_view text) {
  std::size_t end = std::min(text.find(':'), text.size());
  bool host = false;
  if (text.starts_with('[')) {  // IPv6
    end = std::min(text.find(']'), text.size() - 1) + 1;
    const std::string_view inner = text.substr(1, end - 1);
    host = inner.size() > 2 && inner.ends_with(']') &&
           only(inner.substr(0, inner.size() - 1), std::string{kHexDigits} + ":.");
  } else {
    host = is_host_name(text.substr(0, end));
  }
  const std::string_view port = text.substr(end);
  return host && (port.empty() || (port.front() == ':' && only(port.substr(1), kDigits)));
}

}  // namespace varve::api
