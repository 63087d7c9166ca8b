// The URL of a log, https://host:port/logs/name, parsed strictly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::client {

struct Url {
  bool tls = true;
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string path;  // "" or "/logs/name": no slash at its end
};

/// http is accepted only where the words cannot leave the machine: 127.0.0.0/8, ::1, localhost.
/// Errors: kInvalid  another scheme, user names, queries, fragments, characters that need encoding.
Result<Url> parse_url(std::string_view text);

/// `text` as one segment of a path: everything but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text);

}  // namespace varve::client
