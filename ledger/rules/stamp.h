// From a time-stamp record to what the rules of retention judge (R4 to R8).
#pragma once

#include <span>

#include "ledger/base/result.h"
#include "ledger/format/kinds.h"
#include "ledger/format/timestamp.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// A tree that the log had, as a time stamp, a disposal or a witnessed checkpoint in it claims. Whether it
/// had is known where the tree is.
struct StatedTree {
  LeafIndex record;
  format::Kind kind;
  format::Checkpoint checkpoint;
};

/// What record `index` states, its token verified. `of_the_log` is origin and root of the log's own
/// tree of the size that the record names.
/// Errors: kInvalid  the token does not verify.
Result<Stamp> stamp_of(LeafIndex index, const format::Timestamp& timestamp,
                       const format::Checkpoint& of_the_log);

/// R7: what together they vouch for as long as one of them is honest: the least tree, the latest time
/// at which it was there, and the earliest time that has come. Requires stamps.
format::Evidence evidence_of(std::span<const Stamp> stamps);

}  // namespace varve::rules
