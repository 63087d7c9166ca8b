// A run: all groups in their order, and the report.
#pragma once

#include <vector>

#include "tools/audit/assess/report.h"
#include "tools/audit/assess/site.h"

namespace varve::audit::assess {

/// All that is tried, in this order.
std::vector<Group> all_groups();

/// Makes them. `show` is told of each outcome as it comes.
std::vector<ReportGroup> try_all(Site& site, const std::vector<Group>& groups,
                                 const std::function<void(const Outcome&)>& show);

}  // namespace varve::audit::assess
