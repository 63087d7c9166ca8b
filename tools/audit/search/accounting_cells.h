// A disclosure as cells. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "tools/audit/search/accounting.h"

namespace varve::audit {

/// date, recipient, what, purpose, how often, records, and why it is to be reviewed.
std::vector<std::string> disclosure_titles(bool with_reason);
/// `shortened`: of many records the first ones.
std::vector<std::string> disclosure_cells(const Disclosure& line, bool with_reason, bool shortened);

}  // namespace varve::audit
