// Which keys of varved.toml a running server takes up when it reads the file again, and which wait for the next
// start. docs/operating/configuration.md has the same table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/varved/config.h"

namespace varve::tools {

/// Whether a reload takes up the key, as config_keys() names it.
bool is_reloaded(std::string_view key);

/// What differs between the configuration that counts and a file. Where a key of a listener waits, all that changed of
/// it do, and where the server will listen elsewhere, so do those that say who may come in there.
struct ChangedKeys {
  std::vector<std::string> reloaded;  // "[server] log_level", "[[client]] ward-7 allow"
  std::vector<std::string> waiting;   // for the next start
};
ChangedKeys changed_keys(const toml::table& before, const toml::table& after);

/// `running` with all that a reload takes up of `fresh`, checked as one that was read; listeners are those of
/// `running`, and so are logs, with new ones behind them. Its `file` says what counts, and no more than that.
/// Errors: kInvalid  the two do not go together.
Result<Config> reloaded_config(const Config& running, const Config& fresh);

/// Takes these out of `config`, so that a later reload finds them new.
void leave_out_logs(Config& config, const std::vector<LogConfig>& logs);

}  // namespace varve::tools
