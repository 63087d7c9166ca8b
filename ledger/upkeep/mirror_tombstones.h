// A mirror's tombstones against what the log's records dispose of, and what is known here of destroyed
// months: the mirror's word is not enough to leave an event out of a store that is built from it.
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
  /// Their keys were destroyed on purpose, says the operator. Those that the log's records dispose of
  /// need not be named.
  std::set<std::string> named;
  KeysOfMonth keys;
};

class MirrorTombstones {
 public:
  MirrorTombstones(const Disposals& disposals, std::uint64_t now_us)
      : disposals_(disposals), tombstones_(now_us) {}

  /// The mirror's next entry. Errors: kCorrupt  a tombstone that cannot be true.
  Result<void> take(LeafIndex index, Bytes entry);
  /// That was all; `log` is what its records say, which the log's key signed.
  /// Errors: kCorrupt  as take; a token has a key of a month that no record disposes of.
  ///         kInvalid  such a month was not named; what was named is of the other mode of logs.  As
  ///         Disposals::keys.
  Result<void> finish(const rules::Retention& log);
  /// How many events are gone, of each month that was named or disposed of.
  [[nodiscard]] std::map<std::string, std::uint64_t> by_month() const;

 private:
  [[nodiscard]] Result<void> check_named(std::uint16_t key_minutes) const;

  const Disposals& disposals_;
  rules::TombstoneCheck tombstones_;
  rules::DestroyedMonths months_;  // from finish() on
};

}  // namespace varve::upkeep
