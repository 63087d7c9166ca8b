// The [[listener]] tables of varved.toml: where messages of syslog and RELP come in, into which log, and
// who sends them. docs/operating/configuration.md describes every key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/listeners.h"
#include "tools/config/table.h"

namespace varve::tools {

struct LogConfig;

/// One table as it is written.
struct RawListener {
  api::ListenerKind kind = api::ListenerKind::kSyslogTls;
  std::string listen;
  std::string log;
  std::string client;
  std::string certificate;
  std::string key;
  std::string client_ca;
  bool plain_text = false;
  bool lossy = false;
  std::size_t connections_max = 256;
  api::Networks allow;
};

std::vector<Key> listener_keys(RawListener& raw);

/// Errors: kInvalid  as read_table.
Result<void> read_listeners(const toml::node& node, std::vector<RawListener>& out);

/// What they mean, once the whole file is read. `server`: whose certificate a listener has that names
/// none. Errors: kInvalid  names the listener, the key and what to do.
Result<std::vector<api::ListenerOptions>> settle_listeners(const std::vector<RawListener>& raw,
                                                           const api::TlsFiles& server,
                                                           const std::vector<LogConfig>& logs);

}  // namespace varve::tools
