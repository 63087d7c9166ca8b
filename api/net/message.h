// Between Beast's messages and our own structs.
#pragma once

#include "api/http.h"
#include "api/net/pch.h"

namespace varve::api {

namespace http = boost::beast::http;

inline constexpr unsigned kHttp11 = 11;  // as Beast spells versions

using WireRequest = http::request<http::vector_body<std::byte>>;

/// What makes it unclear where the request ends or whom it is for; empty when nothing does.
/// Source: RFC 9112 sections 3.2, 6.1 and 6.3
std::string_view framing_error(const WireRequest& wire);

/// Everything but the body.
Request to_request(const WireRequest& wire);

/// The response as it is sent, as HTTP/1.1, in one buffer: Beast's serializer, which writes it in
/// pieces, took a tenth of the CPU time of a small append, sending included. Adds Date, Server,
/// Connection and Content-Length; a HEAD or 304 answer keeps its headers and loses its body.
Buffer to_wire(const Response& response, bool keep_alive, bool head);

}  // namespace varve::api
