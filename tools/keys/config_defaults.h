// What a command line need not say, because varved.toml does: --config, or VARVE_CONFIG, names the
// file. An option that is given always counts.
//
//   --module --token --pin --timeout-ms   of [hsm]; not the PIN when another token is given, which
//                                         would count it as a wrong one
//   --origin --prefix --store             of the [[log]] that --log names, or the only one
//   --server --log --ca --bearer-file     of [operator]; not where --server is given, nor where
//                                         --out says that the event goes into a file instead
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace CLI {
class App;
}

namespace varve::keys {

/// Gives every command that has one of these options --config, and --log.
void add_config_options(CLI::App& app);

/// `arguments`, without the program's name, with what the configuration says put behind the command.
/// Without a configuration, as they are. Sets the variables that [hsm] names.
/// Thread: from main, before there are threads. Errors: as tools::load_keys_config; kInvalid  the
/// configuration has several logs and --log is missing.  kNotFound  it has no such log.
Result<std::vector<std::string>> with_defaults(CLI::App& app, std::vector<std::string> arguments);

}  // namespace varve::keys
