// Which varved.toml a command line names, and which log in it.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

/// The words of a command line, without the program's name.
using Arguments = std::vector<std::string>;

struct Asked {
  std::string config;  // --config, else what the variable VARVE_CONFIG says; empty: none
  std::string log;     // --log; empty: none
};

/// Whatever is wrong with the rest of the line, the program's own parser says.
Asked asked_in(const Arguments& arguments);

/// As "--option VALUE" or "--option=VALUE".
bool is_given(const Arguments& arguments, const std::string& option);

/// The position of the log that is meant among the names of all. Errors: kInvalid  there are several
/// and none is named.  kNotFound  none has that name.
Result<std::size_t> chosen_log(const std::vector<std::string>& names, const Asked& asked);

}  // namespace varve::tools
