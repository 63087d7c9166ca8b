// Whether a segment lies under keys of the kind that its log has: of months, or of a draft's key periods.
#pragma once

#include "ledger/base/result.h"
#include "ledger/rules/retention.h"
#include "ledger/store/segment_format.h"

namespace varve::recovery {

/// Of a segment whose records `log` has taken. Errors: kCorrupt  it is of another kind of log.
Result<void> check_period(const store::SegmentHeader& header, const rules::Retention& log);

}  // namespace varve::recovery
