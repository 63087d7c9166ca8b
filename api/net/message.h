// Between Beast's messages and our own structs.
#pragma once

#include "api/http.h"
#include "api/net/arriving_body.h"
#include "api/net/pch.h"

namespace varve::api {

namespace http = boost::beast::http;

inline constexpr unsigned kHttp10 = 10;  // as Beast spells versions

using WireRequest = http::request<ArrivingBody>;

/// Everything but the body.
Request to_request(const WireRequest& wire);

/// What a response depends on besides itself.
struct Manner {
  bool keep = false;      // the connection goes on
  bool head = false;      // the request was HEAD
  bool http_1_0 = false;  // the request was of HTTP/1.0, which has to be told that it goes on
  bool tls = false;       // it goes over TLS, and a browser is told to keep to that
};

/// All that is sent before the response's body, as HTTP/1.1. Adds Date, Server, Connection and
/// Content-Length, and over TLS Strict-Transport-Security (RFC 6797). Not by Beast's serializer, which
/// took a tenth of the CPU time of a small append, sending included.
std::string wire_header(const Response& response, const Manner& manner);

/// What is sent after it: a view into the response, whose body is held once. A HEAD or 304 answer
/// loses it.
Bytes wire_body(const Response& response, const Manner& manner);

}  // namespace varve::api
