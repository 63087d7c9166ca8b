// Lists of networks, and rates.
#include "tools/varved/client_config.h"

#include <toml++/toml.h>

#include "api/access/tokens.h"

namespace varve::tools {
namespace {

constexpr std::uint64_t kRequestsMost = 1'000'000;
constexpr std::uint64_t kBytesMost = std::uint64_t{1} << 30;
constexpr const char* kClientSection = "[[client]]";

}  // namespace

Key networks_key(std::string_view name, api::Networks& out) {
  return texts_key(name, false, [&out](const std::vector<std::string>& texts) -> Result<void> {
    ASSIGN_OR_RETURN(out, api::Networks::parse(texts));
    return {};
  });
}

std::vector<Key> rate_keys(api::ClientRules& rules) {
  return {
      number_key("requests_per_second_per_client", 0, kRequestsMost,
                 rules.each_client.requests_per_second),
      number_key("requests_per_second_per_address", 0, kRequestsMost,
                 rules.each_address.requests_per_second),
      number_key("bytes_per_second_per_client", 0, kBytesMost, rules.each_client.bytes_per_second),
      number_key("bytes_per_second_per_address", 0, kBytesMost,
                 rules.each_address.bytes_per_second),
  };
}

std::vector<Key> client_keys(RawClient& raw) {
  return {
      text_key("name", raw.name, true),
      networks_key("allow", raw.rule.from),
      number_key("requests_per_second", 0, kRequestsMost, raw.rule.requests_per_second),
      number_key("bytes_per_second", 0, kBytesMost, raw.rule.bytes_per_second),
  };
}

Result<void> read_clients(const toml::node& node, api::ClientRules& rules) {
  return read_tables(node, "each client is a table of its own: [[client]]",
                     [&](const toml::table& table) -> Result<void> {
                       RawClient raw;
                       RETURN_IF_ERROR(read_table(table, kClientSection, client_keys(raw)));
                       if (!api::is_client_name(raw.name))
                         return invalid("[[client]] name is 1 to 127 of a-z A-Z 0-9 . - _ @ /");
                       if (!rules.clients.emplace(raw.name, std::move(raw.rule)).second)
                         return invalid("two [[client]] tables are of " + raw.name);
                       return {};
                     });
}

Result<void> check_client_listeners(const api::ClientRules& rules,
                                    const std::vector<api::ListenerOptions>& listeners) {
  for (const api::ListenerOptions& listener : listeners) {
    if (listener.kind != api::ListenerKind::kSyslogUdp) continue;
    const auto rule = rules.clients.find(listener.client);
    if (rule != rules.clients.end() && !rule->second.from.empty())
      return invalid("[[client]] " + listener.client +
                     ": allow is not for the client of a syslog-udp listener: set allow of that "
                     "[[listener]]");
  }
  return {};
}

}  // namespace varve::tools
