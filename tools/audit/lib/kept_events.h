// A bundle that grew, fetched again: the events that a copy held before stay in it, whatever the
// server has in their place by now. A copy is a copy so that nobody can take anything out of it.
#pragma once

#include <optional>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/tombstone_check.h"

namespace varve::audit {

struct MergedBundle {
  Buffer bundle;
  format::DestroyedMonths kept;  // events of `held` that `fetched` has tombstones for
  std::optional<format::ImpossibleTombstone>
      lie;  // the first of these tombstones that cannot be true
};

/// `held` is the beginning of the same bundle as it was before; record `first` begins both.
/// Errors: kCorrupt  one of them is no bundle, or `fetched` the shorter one.
Result<MergedBundle> keep_events(Bytes held, Bytes fetched, LeafIndex first, std::uint64_t now_us);

}  // namespace varve::audit
