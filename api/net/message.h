// Between Beast's messages and our own structs.
#pragma once

#include "api/http.h"
#include "api/net/arriving_body.h"
#include "api/net/pch.h"

namespace varve::api {

namespace http = boost::beast::http;

inline constexpr unsigned kHttp11 = 11;  // as Beast spells versions

using WireRequest = http::request<ArrivingBody>;

/// What makes it unclear where the request ends or whom it is for; empty when nothing does.
/// Source: RFC 9112 sections 3.2, 6.1 and 6.3
std::string_view framing_error(const WireRequest& wire);

/// Everything but the body.
Request to_request(const WireRequest& wire);

/// All that is sent before the response's body, as HTTP/1.1. Adds Date, Server, Connection and
/// Content-Length. Not by Beast's serializer, which took a tenth of the CPU time of a small append,
/// sending included.
std::string wire_header(const Response& response, bool keep_alive);

/// What is sent after it: a view into the response, whose body is held once. A HEAD or 304 answer
/// loses it.
Bytes wire_body(const Response& response, bool head);

}  // namespace varve::api
