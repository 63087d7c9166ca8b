// Grants as a table that people read: the operator's report and the auditor's explanation have the same.
#pragma once

#include <string>
#include <string_view>

#include "ledger/format/grants.h"

namespace varve::tools {

/// The line above the rows, and one row; both with their newline.
std::string grant_title();
std::string grant_row(const format::Grant& grant, std::string_view since);

}  // namespace varve::tools
