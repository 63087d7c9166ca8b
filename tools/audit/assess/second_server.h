// Configurations of the scratch directory: another varved over the log's own store, over a copy of it, or over
// a log of its own.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "tools/audit/assess/site.h"

namespace varve::audit::assess {

/// Writes a configuration of the site's log with its tokens, a free port of this machine, no clients, and this
/// directory of logs. `marks`: the directory of its high-water mark; empty: none. Returns its path.
/// Errors: as tools::replace_file.
Result<std::string> write_config(Site& site, const std::string& data, const std::string& marks);
/// The same with another token alone.
Result<std::string> write_config_of(Site& site, const std::string& data, const std::string& marks,
                                    const tools::HsmConfig& token);

/// A varved that was started; SIGKILL ends it.
struct Serving {
  Child child;
  std::string output;   // file
  std::string address;  // "127.0.0.1:41234"; empty: it ended before it listened
};
/// Returns once it listens or has ended. Errors: kIo  it cannot be started, or does neither for minutes.
Result<Serving> serve(Site& site, const std::string& config, const Variables& variables);

/// All that a file holds, from its end at most kAnswerMax bytes.
std::string end_of(const std::string& path);

}  // namespace varve::audit::assess
