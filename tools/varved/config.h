// The configuration file of varved, read strictly: a key that is not known is refused, with the
// line and the key that was probably meant. docs/operating/configuration.md describes every key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/client_rules.h"
#include "api/access/gate.h"
#include "api/access/journal.h"
#include "api/access/reads.h"
#include "api/listeners.h"
#include "api/server.h"
#include "ledger/base/result.h"
#include "ledger/ledger.h"
#include "tools/config/token_config.h"
#include "tools/varved/issuer_config.h"
#include "tools/varved/retention_config.h"
#include "tools/varved/time_stamp_config.h"
#include "tools/varved/witness_config.h"

namespace varve::tools {

/// Whether a log keeps a high-water mark in the token of [hsm] too.
enum class TokenMarks : std::uint8_t { kNo, kIfAllowed, kYes };

struct LogConfig {
  std::string name;  // in its path and its directory
  std::string key;   // the first signing key: its RFC 7512 URI, or its vkey when its token is gone
  bool open_reads = true;
  std::string first_vkey;  // file with the first public key, of use to varve-audit alone
  std::string marks;       // directory of its high-water mark; empty: none is kept
  TokenMarks token_marks = TokenMarks::kNo;
  RetentionConfig retention;        // that the first policy of a new log says
  std::uint32_t index_minutes = 0;  // that an event waits for an index at most; 0: there is none
  WitnessConfig witnesses;
  TimeStampConfig time_stamps;
  LogOptions options;  // all but first_key
};

struct Config {
  api::ServerOptions server;
  api::GateLimits limits;
  api::ClientRules clients;
  unsigned workers = 2;
  api::Level log_level = api::Level::kInfo;
  std::string data;     // directory
  std::string tokens;   // file
  std::string revoked;  // file of clients whose access has ended; empty: none
  api::ReadAnswered reads = api::ReadAnswered::kBeforeItIsOnRecord;
  std::vector<IssuerConfig> issuers;  // of JWTs
  HsmConfig hsm;
  std::vector<HsmConfig> further_hsms;  // other tokens with keys of these logs
  OperatorConfig operators;
  std::vector<LogConfig> logs;
  std::vector<api::ListenerOptions> listeners;
  std::shared_ptr<const toml::table> file;  // what all of this was read from
};

/// `name` is only for messages. Errors: kInvalid  says the line and what to do.
Result<Config> parse_config(std::string_view text, std::string_view name);
/// The same of a table that was read. Errors: kInvalid.
Result<Config> config_of(const toml::table& root, std::string_view name);
/// Errors: as parse_config; kNotFound, kIo  the file cannot be read.
Result<Config> load_config(const std::string& path);
/// load_config(), then set_environment() for its tokens. Errors: as both. Thread: as the latter.
Result<Config> adopt_config(const std::string& path);

/// Every key there is, as "server.listen" or "log.name". A test compares it with the document.
std::vector<std::string> config_keys();

}  // namespace varve::tools
