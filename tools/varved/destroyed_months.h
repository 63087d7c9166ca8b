// --destroyed: months whose keys were destroyed on purpose, as a person names them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

/// "2020-01" is 202001. Errors: kInvalid  one is no month.
Result<std::set<std::uint32_t>> destroyed_months(const std::vector<std::string>& texts);

}  // namespace varve::tools
