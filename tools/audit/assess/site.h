// What is assessed: a log of a server that runs here, with its configuration and its operator's credentials;
// and the ways to it.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/format/retention.h"
#include "tools/audit/assess/attempt.h"
#include "tools/audit/assess/child.h"
#include "tools/client/http.h"
#include "tools/config/asked.h"
#include "tools/config/keys_config.h"

namespace varve::audit::assess {

/// Whose credential a request shows.
enum class Who { kNobody, kAppender, kReader, kOperator };
std::string_view name_of(Who who);

struct Site {
  tools::Asked asked;        // --config and --log
  tools::KeysConfig config;  // tokens, data
  tools::KeysConfig::Log log;
  std::string vkey;           // the log's first public key
  std::string key;            // URI of a key of the log that signs now
  std::string server;         // https://host:port
  std::string ca;             // PEM
  std::string appender_file;  // bearer tokens; empty: none was given
  std::string reader_file;
  std::string operator_file;
  std::string scratch;           // directory of this run, which goes with it
  std::uint32_t patience_s = 0;  // how long it waits for a month to become due
  unsigned named = 0;            // files in it that have a number

  /// "/logs/main/events/0" of "/events/0".
  [[nodiscard]] std::string path(const std::string& below) const {
    return "/logs/" + log.name + below;
  }
  /// A name in the scratch directory that no other call returns.
  [[nodiscard]] std::string fresh(const std::string& name) {
    return scratch + "/" + std::to_string(named++) + "-" + name;
  }
  /// The log's store.
  [[nodiscard]] std::string store() const { return config.data + "/" + log.name; }
};

/// Errors: kInvalid  the configuration names no server, no key or no such log.  As the files that it reads.
Result<Site> find_site(const tools::Asked& asked);

struct Asking {
  std::string method;
  std::string path;
  std::string content_type;  // empty: no body
  std::string body;
};
/// Errors: kNotFound  nobody gave that credential.  As client::HttpClient.
Result<Answered> ask(const Site& site, Who who, const Asking& asking);
/// Appends an event that says `what`, and returns its index. Errors: as ask; kIo  it was refused.
Result<std::uint64_t> append(const Site& site, const std::string& what);
/// The body of a success. Errors: as ask; what the server refused with.
Result<std::string> fetch(const Site& site, Who who, const std::string& path);

/// Runs a program with the variables that the token's library reads. Errors: kIo.
Result<Answered> run(Site& site, const Words& words);
/// The same without these variables, and with others.
Result<Answered> run_with(Site& site, const Words& words, const Variables& variables);

}  // namespace varve::audit::assess
