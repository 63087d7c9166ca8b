// Copies headers over, and adds those that every answer has.
#include "api/net/message.h"

#include <ctime>

namespace varve::api {
namespace {

constexpr int kNotModified = 304;
constexpr std::string_view kInsistOnTls = "max-age=31536000";  // a year, and of this host alone

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    case http::verb::put:
      return Method::kPut;
    case http::verb::patch:
      return Method::kPatch;
    case http::verb::delete_:
      return Method::kDelete;
    default:
      return Method::kOther;
  }
}

// Source: RFC 9110 section 5.6.7
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

Request to_request(const WireRequest& wire) {
  Request out;
  out.method = method_of(wire.method());
  out.http_1_0 = wire.version() == kHttp10;
  out.target.assign(wire.target().data(), wire.target().size());
  for (const auto& field : wire)
    out.headers.emplace_back(lower_case({field.name_string().data(), field.name_string().size()}),
                             std::string{field.value().data(), field.value().size()});
  return out;
}

std::string wire_header(const Response& response, const Manner& manner) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string text = "HTTP/1.1 ";
  const auto line = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  text.append(std::to_string(response.status)).append(" ");
  text.append(reason.data(), reason.size()).append("\r\n");
  for (const auto& [name, value] : response.headers) line(name, value);
  line("Server", "varve");
  line("Date", http_date());
  if (manner.tls) line("Strict-Transport-Security", kInsistOnTls);
  if (!manner.keep) line("Connection", "close");
  if (manner.keep && manner.http_1_0) line("Connection", "keep-alive");
  if (response.status != kNotModified) line("Content-Length", std::to_string(response.body.size()));
  text.append("\r\n");
  return text;
}

Bytes wire_body(const Response& response, const Manner& manner) {
  return manner.head || response.status == kNotModified ? Bytes{} : Bytes{response.body};
}

}  // namespace varve::api
