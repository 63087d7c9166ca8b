// From a time-stamp record to what the rules of retention judge (R4 to R8).
#pragma once

#include "ledger/base/result.h"
#include "ledger/format/timestamp.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// What record `index` states, its token verified. `of_the_log` is origin and root of the log's own
/// tree of the size that the record names.
/// Errors: kInvalid  the token does not verify.
Result<Stamp> stamp_of(LeafIndex index, const format::Timestamp& timestamp,
                       const format::Checkpoint& of_the_log);

}  // namespace varve::rules
