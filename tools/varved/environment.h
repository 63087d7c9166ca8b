// What a token's library reads from the environment, said in the configuration: SoftHSM finds its
// store by SOFTHSM2_CONF, other vendors have names of their own. So a start, and every command that
// reads the same configuration, finds the same token, whatever shell or unit it comes from.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "tools/varved/config.h"
#include "tools/varved/table.h"

namespace varve::tools {

/// `environment` of a token's table: {NAME = "value", ...}. A name is of A-Z a-z 0-9 _ and does not
/// begin with a digit.
Key environment_key(std::string_view name, Environ& out);

/// Errors: kInvalid  two tokens give one variable different values: a process has one of each name.
Result<void> check_environments(const Config& config);

/// Sets the variables of all tokens in this process; what is set already gives way.
/// Thread: from main, before there are threads and before a token's library is loaded.
/// Errors: kIo  the system has no memory for it.
Result<void> set_environments(const Config& config);

/// load_config(), then set_environments(). Errors: as both. Thread: as set_environments().
Result<Config> adopt_config(const std::string& path);

}  // namespace varve::tools
