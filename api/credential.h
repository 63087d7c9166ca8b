// What an Authorization header presents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/route.h"

namespace varve::api {

struct Authorization {
  std::string token;                // empty: the header holds none
  std::optional<std::string> name;  // of the client, where the scheme has it

  /// Whether it may be `client`'s, whose token this is. A name that was sent must be the token's own,
  /// so that nobody appears to send under another.
  [[nodiscard]] bool is_of(std::string_view client) const {
    return !name || client.empty() || *name == client;
  }
};

/// "Bearer TOKEN"; of clients of Elasticsearch also "ApiKey" and "Basic" with the base64 of NAME:TOKEN; of
/// Splunk's also "Splunk TOKEN" and "Basic", with any name; of Mezmo's also "Basic" with the token as the name,
/// and where there is no such header, the header "apikey". Nothing when nothing is presented.
/// Source: RFC 6750 section 2.1, RFC 7617 section 2
std::optional<Authorization> authorization_of(const Request& request, Dialect dialect);

}  // namespace varve::api
