// The tables [[client]] of varved.toml, and the keys of [server] that hold for all clients: where they may come from
// and how much they may send in a second.
#pragma once

#include <string>
#include <vector>

#include "api/access/client_rules.h"
#include "api/listeners.h"
#include "tools/config/table.h"

namespace varve::tools {

/// One table as it is written.
struct RawClient {
  std::string name;
  api::ClientRule rule;
};

/// A list of addresses and networks.
Key networks_key(std::string_view name, api::Networks& out);
/// Of [server]: for each client and for each address.
std::vector<Key> rate_keys(api::ClientRules& rules);
std::vector<Key> client_keys(RawClient& raw);

/// Errors: kInvalid  as read_table; two tables of one client.
Result<void> read_clients(const toml::node& node, api::ClientRules& rules);
/// Errors: kInvalid  a client may come from some addresses only, and a listener cannot tell whence it comes.
Result<void> check_client_listeners(const api::ClientRules& rules,
                                    const std::vector<api::ListenerOptions>& listeners);

}  // namespace varve::tools
