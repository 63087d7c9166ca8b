// What an auditor's command line need not say, because varved.toml does: --config, or VARVE_CONFIG,
// names the file. What is given always counts.
//
//   URL                  of [auditor] and the [[log]] that --log names, or the only one; where the
//                        command line names no URL and no directory
//   --ca --bearer-file   of [auditor], with that URL and with no other: another server gets no
//                        bearer token that it was not given
//   --vkey               in the file of the log's first_vkey; not where --bundle is given
#pragma once

#include "tools/config/asked.h"

namespace CLI {
class App;
}

namespace varve::audit {

/// Gives `app` --config and --log.
void add_config_options(CLI::App& app);

/// `arguments`, without the program's name, with what the configuration says put behind the command.
/// Without a configuration, or where nothing is missing, as they are.
/// Errors: as tools::load_audit_config, tools::chosen_log and tools::read_first_vkey.
Result<tools::Arguments> with_defaults(CLI::App& app, tools::Arguments arguments);

}  // namespace varve::audit
