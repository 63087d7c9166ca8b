// What a configuration says of single clients, whichever credential proves them, and of everybody's pace.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/access/rates.h"
#include "api/common/addresses.h"

namespace varve::api {

struct ClientRule {
  Networks from = {};  // where it may come from; empty: from everywhere
  std::optional<std::uint64_t> requests_per_second = {};  // nullopt: as every client
  std::optional<std::uint64_t> bytes_per_second = {};
};

struct ClientRules {
  RateLimits each_address = {};
  RateLimits each_client = {};  // of those with a rule too, where it says nothing else
  std::map<std::string, ClientRule, std::less<>> clients = {};  // by their names

  [[nodiscard]] RateLimits limits_of(std::string_view client) const;
  /// Whether a client may come from there; nullopt: nobody knows where it comes from.
  [[nodiscard]] bool lets_in(std::string_view client, const std::optional<Address>& from) const;
};

}  // namespace varve::api
