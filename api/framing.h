// Requests that could be read in two ways: where one ends, whom it is for, what it asks. Proxies in
// front of the server may read them the other way, so they are refused and the connection ends.
// docs/API.md lists them.
#pragma once

#include <optional>
#include <string_view>

#include "api/problem.h"

namespace varve::api {

/// A request that is refused before anything is looked up for it.
struct Fault {
  ProblemId problem;
  std::string_view detail;
};

/// Of a header as it was sent, from the request line to the empty line: what a parser may hide.
/// Source: RFC 9112 section 5.2
std::optional<Fault> find_text_fault(std::string_view header);

/// Of a parsed header: Host, Content-Length and Transfer-Encoding.
/// Source: RFC 9110 sections 5.3 and 8.6, RFC 9112 sections 3.2, 6.1 and 6.3
std::optional<Fault> find_fault(const Request& head);

/// Which part of a header that begins like this, and does not end within the limit, is too long.
/// Source: RFC 9112 section 3, RFC 6585 section 5
Fault too_long(std::string_view begin);

/// Why a request line was refused for its version. Source: RFC 9110 section 15.6.6
Fault bad_version(std::string_view header);

/// Whether the client wants to send another request on this connection.
/// Source: RFC 9112 section 9.3
bool keeps_connection(const Request& head);

/// Whether the client waits for "100 Continue" before it sends the body; one of HTTP/1.0 cannot.
/// Source: RFC 9110 section 10.1.1
bool waits_for_continue(const Request& head);

/// A Host header's value, or the authority of a target. Source: RFC 3986 section 3.2, without user
/// information
bool is_authority(std::string_view text);

}  // namespace varve::api
