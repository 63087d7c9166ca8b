// The configuration of varve-witness, read strictly. docs/operating/witnesses.md describes every key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/access/gate.h"
#include "api/access/journal.h"
#include "api/server.h"
#include "ledger/base/result.h"
#include "tools/config/token_config.h"

namespace varve::tools {

struct WitnessProgramConfig {
  std::string name;    // of its key
  std::string key;     // RFC 7512 URI of the key on the token
  std::string data;    // directory of its state
  std::string marks;   // directory of the high-water mark; empty: none is kept
  std::string logs;    // file, the list of logs
  std::string url;     // where others reach it, for witness.v0.json
  std::string log_ca;  // PEM, of logs that are followed; empty: the system's
  api::ServerOptions server;
  api::GateLimits limits;
  unsigned workers = 2;
  api::Level log_level = api::Level::kInfo;
  HsmConfig hsm;
};

/// `name` is only for messages. Errors: kInvalid  says the line and what to do.
Result<WitnessProgramConfig> parse_witness_config(std::string_view text, std::string_view name);
/// Reads the file, and sets what the token's library reads from the environment.
/// Errors: as parse_witness_config, load_toml and set_environment. Thread: as the last.
Result<WitnessProgramConfig> adopt_witness_config(const std::string& path);

/// Every key there is, as "server.listen". A test compares it with the document.
std::vector<std::string> witness_config_keys();

}  // namespace varve::tools
