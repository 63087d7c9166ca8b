// The tables [[issuer]] of varved.toml: whose JWTs the server takes.
#pragma once

#include <string>
#include <vector>

#include "api/access/issuer.h"
#include "api/access/journal.h"
#include "api/outbound/key_set_url.h"
#include "tools/config/table.h"

namespace varve::tools {

struct IssuerConfig {
  api::IssuerOptions options;  // all but the source of its keys
  std::string keys;            // file; empty: keys_url
  api::KeySetUrlOptions keys_url;
};

/// One [[issuer.grant]], before its names are looked at.
struct GrantConfig {
  std::string claim = "scope";
  std::string value;
  std::vector<std::string> roles;
  std::vector<std::string> logs;
  std::vector<std::string> sources;
};

std::vector<Key> issuer_keys(IssuerConfig& issuer);
std::vector<Key> grant_keys(GrantConfig& grant);

/// `node`: the array of the tables. Errors: kInvalid  as read_table; two issuers of one name, or one
/// whose clients could do nothing.
Result<void> read_issuers(const toml::node& node, std::vector<IssuerConfig>& issuers);
/// Errors: kInvalid  a log that none of `logs` is.
Result<void> check_issuer_logs(const std::vector<IssuerConfig>& issuers,
                               const std::vector<std::string>& logs);

/// Reads the file of keys, or the file of CAs, as a start would. Asks no other machine.
/// Errors: kNotFound, kIo, kInvalid  names the file.
Result<void> check_issuer(const IssuerConfig& issuer);
/// The issuers with their keys. `journal` outlives them. Whoever has its keys from the same place as one of `before`
/// goes on with that one's, which may have been fetched: `opened` are those of `before`.
std::vector<api::IssuerOptions> open_issuers(const std::vector<IssuerConfig>& issuers,
                                             api::Journal& journal,
                                             const std::vector<IssuerConfig>& before = {},
                                             const std::vector<api::IssuerOptions>& opened = {});

}  // namespace varve::tools
