// SIGHUP: the configuration is read and checked again, and what a running server can take up counts from then on, all
// of it or nothing; but for logs that are new, which come last.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/access/access.h"
#include "api/listeners.h"
#include "api/server.h"
#include "tools/varved/config.h"

namespace varve::tools {

/// Of a running server.
struct Reloading {
  const std::string& path;                   // of the configuration
  Config& config;                            // as it counts
  std::vector<api::IssuerOptions>& issuers;  // opened, those of `config`
  api::Access& access;
  api::Server& server;
  api::Listeners& listeners;
  /// Opens these logs of `config`, records in each who may do what on it, and serves them, all or none. Appends what is
  /// wrong. All else of the reload counts by then: no token that is slow keeps anybody in.
  std::function<void(const Config& config, const api::Tokens& tokens,
                     const std::vector<LogConfig>& logs, std::vector<Error>& problems)>
      serve_more;
};

/// Says in the journal what changed, what waits for the next start, and, where anything is wrong, everything that is;
/// then nothing changes. Returns the tokens that hold now; nullopt: nothing changed.
/// Thread: from one, which is that of signals.
std::optional<api::Tokens> reload_configuration(const Reloading& running);

/// Until when the CAs hold by which this server verifies others that it asks. A file that cannot be read is whose it
/// is to say: it is read for each connection.
void look_at_outbound_authorities(const Config& config, api::ShownCertificates& certificates);

/// What listeners share of the configuration.
api::ListenersOptions listeners_options(const Config& config);

}  // namespace varve::tools
