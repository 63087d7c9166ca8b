// A request and a response as plain structs, so that routes are functions which need no socket, no
// thread and no Boost header, and can be tested as such.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"

namespace varve::api {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOther };

std::string_view method_name(Method method);

/// ASCII letters only, as HTTP compares names.
std::string lower_case(std::string_view text);

/// Names in lower case, values without surrounding white space, in the order of the wire.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  Method method = Method::kGet;
  std::string target;  // as sent: path and query, still percent-encoded
  Headers headers;
  Buffer body;
  bool http_1_0 = false;  // else HTTP/1.1

  /// The first value of a header; empty when it is absent. `name` is in lower case.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  Buffer body;
  std::string explanation;  // of a refusal: what was wrong and what to do
};

/// A response with a body of that media type.
Response respond(int status, std::string_view media_type, std::string_view body);
Response respond_json(int status, std::string body);

/// Where the response to a request goes. Called exactly once, from any thread; does not block.
class Reply {
 public:
  using Make = std::function<Response()>;
  /// `send` takes what makes the response, and calls it on the thread of the socket.
  explicit Reply(std::function<void(Make)> send) : send_(std::move(send)) {}

  void operator()(Response response) const {
    send_([made = std::move(response)]() mutable { return std::move(made); });
  }
  /// Leaves the making to the socket's thread: it must be short and wait for nothing.
  void later(Make make) const { send_(std::move(make)); }

 private:
  std::function<void(Make)> send_;
};

/// The members of a header whose value is a list, over all its lines: in lower case, without the
/// empty ones. Not for values with quoted strings. Source: RFC 9110 sections 5.3 and 5.6.1
std::vector<std::string> list_header(const Request& request, std::string_view name);

/// The token of an Authorization value of that scheme; empty when it is not one. `scheme`: in lower case.
std::string_view token_of_scheme(std::string_view authorization, std::string_view scheme);
/// The same of "Authorization: Bearer x".
std::string_view bearer_token(std::string_view authorization);

/// The media type of a Content-Type: lower case, its parameters kept as sent after "; ".
/// Empty when the value is not a media type.
struct MediaType {
  std::string essence;  // "application/json"
  std::string whole;    // "application/fhir+json; fhirVersion=4.0"
};
MediaType parse_media_type(std::string_view value);

/// Which of `offered` (essences, the server's favourite first) an Accept header prefers; empty when
/// it accepts none. Without the header the first. Source: RFC 9110 section 12.5.1
std::string_view choose_media_type(const Request& request,
                                   const std::vector<std::string_view>& offered);

/// Whether an Accept-Encoding header takes gzip. Source: RFC 9110 section 12.5.3
bool accepts_gzip(const Request& request);

}  // namespace varve::api
