// What stands in a server's way, found out before anything is written or a token is asked: the
// start and `varved check-config` look at the same.
#pragma once

#include <memory>
#include <vector>

#include "api/access/tokens.h"
#include "api/listeners.h"
#include "api/server.h"
#include "tools/varved/config.h"
#include "tools/varved/log_site.h"

namespace varve::tools {

/// Whatever works, and what does not.
struct Preflight {
  std::unique_ptr<api::Server>
      server;  // with certificate and address, not serving yet; null: see problems
  std::unique_ptr<api::Listeners> listeners;  // the same
  api::Tokens tokens;
  std::vector<Error>
      problems;  // each names the key and the next step; kBusy: the address is in use
  std::vector<Warning> warnings;
};

/// Looks at directories, files, URIs, certificate and address; changes nothing. Permissions are
/// those of this process: run it as the user that varved runs as.
Preflight preflight(const Config& config);

/// The part of it that is about one log. Errors of which each names the key and the next step.
std::vector<Error> problems_of(const LogConfig& log, const std::string& data);

/// What the tokens were asked, of every log.
struct FoundSites {
  std::vector<LogSite> sites;
  std::vector<Error> problems;
};

/// Asks the tokens for what every log needs, and has the key of a new log sign 32 random bytes.
/// Makes no directory. See find_site().
FoundSites find_sites(const Config& config, hsm::TokenSet& tokens);
/// The same of one log. Errors: as find_site(), and as Signer::sign.
Result<LogSite> find_working_site(const LogConfig& log, const std::string& data,
                                  hsm::TokenSet& tokens);

}  // namespace varve::tools
