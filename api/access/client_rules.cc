// A client without a rule is like all others.
#include "api/access/client_rules.h"

namespace varve::api {

RateLimits ClientRules::limits_of(std::string_view client) const {
  const auto rule = clients.find(client);
  if (rule == clients.end()) return each_client;
  return {rule->second.requests_per_second.value_or(each_client.requests_per_second),
          rule->second.bytes_per_second.value_or(each_client.bytes_per_second)};
}

bool ClientRules::lets_in(std::string_view client, const std::optional<Address>& from) const {
  const auto rule = clients.find(client);
  if (rule == clients.end() || rule->second.from.empty()) return true;
  return from && rule->second.from.cover(*from);
}

}  // namespace varve::api
