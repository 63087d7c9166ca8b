// A mirror's tombstones against what is known here of destroyed months: the mirror's word is not
// enough to leave an event out of a store that is built from it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "ledger/base/result.h"
#include "ledger/rules/tombstone_check.h"
#include "ledger/upkeep/keys_of_month.h"

namespace varve::upkeep {

/// Months are as key_period_text() spells them.
struct Disposals {
  std::set<std::string> named;  // their keys were destroyed on purpose, says the operator
  KeysOfMonth keys;
};

class MirrorTombstones {
 public:
  MirrorTombstones(const Disposals& disposals, std::uint64_t now_us)
      : disposals_(disposals), tombstones_(now_us) {}

  /// The mirror's next entry. Errors: kCorrupt  a tombstone that cannot be true.
  Result<void> take(LeafIndex index, Bytes entry);
  /// That was all. Errors: kCorrupt  as take; a token has a key of one of the months.
  ///                       kInvalid  a month was not named.  As Disposals::keys.
  [[nodiscard]] Result<void> finish() const;
  /// How many events are gone, of each month that was named.
  [[nodiscard]] std::map<std::string, std::uint64_t> by_month() const;

 private:
  const Disposals& disposals_;
  rules::TombstoneCheck tombstones_;
};

}  // namespace varve::upkeep
