// A bundle that was fetched again: the events that a copy held before stay in it, whatever the
// server has in their place by now. A copy is a copy so that nobody can take anything out of it,
// but for its owner, who names the month.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/disposal.h"
#include "ledger/rules/tombstone_check.h"

namespace varve::verify {

/// Tombstones in the place of events that a copy has, one of each month or key period that there is, and what
/// it says: whether their months are over is known once the log's own clock is.
using Claims = std::map<KeyPeriod, std::pair<LeafIndex, format::Tombstone>>;

struct MergedBundle {
  Buffer bundle;
  rules::DestroyedMonths kept;  // events of `held` that `fetched` has tombstones for
  Claims claims;                // by these tombstones
  std::optional<rules::ImpossibleTombstone>
      lie;  // the first of these tombstones that cannot be true, whenever it is
};

/// `held` is the beginning of the same bundle as it was before; record `first` begins both. No clock is
/// asked: that of this machine may be years behind. `key_minutes`: of the log's key periods; 0: they are months.
/// Errors: kCorrupt  one of them is no bundle, or `fetched` the shorter one.
Result<MergedBundle> keep_events(Bytes held, Bytes fetched, LeafIndex first,
                                 std::uint16_t key_minutes);
/// The first of the claims that cannot be true at that time.
std::optional<rules::ImpossibleTombstone> first_impossible(const Claims& claims,
                                                           const rules::Present& now);

struct ForgottenEvents {
  Buffer bundle;                                  // `held` without them
  rules::DestroyedMonths events;                  // of the month, that `fetched` has tombstones for
  std::optional<rules::ImpossibleTombstone> lie;  // as above; `bundle` is useless then
};

/// Puts the tombstones of `month` from `fetched`, among its records, in the place of the events of
/// `held`, which is the same bundle, and takes nothing else from `fetched`. `now` is what was audited
/// of the log's clock, so that a reader whose own clock is behind accuses nobody.
/// Errors: kCorrupt  one of them is no bundle, or they differ in size.
Result<ForgottenEvents> forget_events(Bytes held, Bytes fetched, LeafIndex first,
                                      const format::MonthRange& month, const rules::Present& now);

/// Whether the bundle, which begins with record `first`, has anything among the month's records that
/// goes with it: no tombstones yet. Errors: kCorrupt, kInvalid  it is no bundle.
Result<bool> holds_events(Bytes bundle, LeafIndex first, const format::MonthRange& month);

}  // namespace varve::verify
