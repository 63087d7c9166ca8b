// --destroyed: months whose keys were destroyed on purpose, as a person names them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

/// As key_period_text() spells them. Whether they are of the log's mode is known once it was read.
/// Errors: kInvalid  one is no month, and no number of a key period.
Result<std::set<std::string>> destroyed_months(const std::vector<std::string>& texts);

}  // namespace varve::tools
