// The file with the list of logs.
#pragma once

#include <string>

#include "ledger/format/log_list.h"

namespace varve::tools {

/// A file that nobody else may write. Errors: as parse_log_list, read_file and env::check_mode; each names it.
Result<format::LogList> load_log_list(const std::string& path);

}  // namespace varve::tools
