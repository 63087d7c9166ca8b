// Entry by entry.
#include "ledger/verify/kept_events.h"

#include <algorithm>

#include "ledger/format/batch.h"
#include "ledger/format/record.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"

namespace varve::verify {
namespace {

/// Whether `tombstone` can be that of the event, whenever it is. Errors: kCorrupt  says why not.
Result<void> can_be_of(const format::Tombstone& tombstone, Bytes event, std::uint16_t key_minutes) {
  RETURN_IF_ERROR(rules::check_possible(tombstone, key_minutes));
  if (tombstone.leaf == merkle::leaf_hash(event)) return {};
  return corrupt(
      "its leaf hash is not that of the record which this copy holds: one of the two was altered");
}

bool is_among(const format::MonthRange& month, LeafIndex first, std::size_t k) {
  const LeafIndex index{first.value + k};
  return month.first <= index && index < month.end;
}

void count(const format::Tombstone& tombstone, std::uint16_t key_minutes,
           rules::DestroyedMonths& months) {
  rules::DestroyedMonth& month = months[{tombstone.month, key_minutes}];
  ++month.records;
  month.destroyed_us = std::max(month.destroyed_us, tombstone.destroyed_us);
  if (tombstone.disposal) month.named = tombstone.disposal;
}

}  // namespace

Result<MergedBundle> keep_events(Bytes held, Bytes fetched, LeafIndex first,
                                 std::uint16_t key_minutes) {
  ASSIGN_OR_RETURN(const auto before, format::split_bundle(held, merkle::kTileWidth));
  ASSIGN_OR_RETURN(const auto now, format::split_bundle(fetched, merkle::kTileWidth));
  if (now.size() < before.size()) return corrupt("the bundle has fewer records than it had before");
  MergedBundle merged;
  for (std::size_t k = 0; k < now.size(); ++k) {
    const bool taken_away =
        k < before.size() && format::is_tombstone(now[k]) && !format::is_tombstone(before[k]);
    format::append_to_bundle(merged.bundle, taken_away ? before[k] : now[k]);
    if (!taken_away) continue;
    ASSIGN_OR_RETURN(const format::Tombstone tombstone, format::decode_tombstone(now[k]));
    const LeafIndex index{first.value + k};
    if (const auto possible = can_be_of(tombstone, before[k], key_minutes);
        !possible && !merged.lie)
      merged.lie = rules::ImpossibleTombstone{index, possible.error().message};
    count(tombstone, key_minutes, merged.kept);
    const KeyPeriod period{tombstone.month, key_minutes};
    if (!is_key_period(period)) continue;  // the lie says so, and it has no end
    const auto [claim, is_new] = merged.claims.try_emplace(period, index, tombstone);
    if (!is_new && tombstone.destroyed_us > claim->second.second.destroyed_us)
      claim->second = {index, tombstone};
  }
  return merged;
}

std::optional<rules::ImpossibleTombstone> first_impossible(const Claims& claims,
                                                           const rules::Present& now) {
  std::optional<rules::ImpossibleTombstone> first;
  for (const auto& [period, claim] : claims) {
    const auto& [index, tombstone] = claim;
    if (first && first->index < index) continue;
    rules::Present at = now;
    at.key_minutes = period.minutes;
    if (const auto past = rules::check_past(tombstone, at); !past)
      first = rules::ImpossibleTombstone{index, past.error().message};
  }
  return first;
}

Result<ForgottenEvents> forget_events(Bytes held, Bytes fetched, LeafIndex first,
                                      const format::MonthRange& month, const rules::Present& now) {
  ASSIGN_OR_RETURN(const auto before, format::split_bundle(held, merkle::kTileWidth));
  ASSIGN_OR_RETURN(const auto there, format::split_bundle(fetched, merkle::kTileWidth));
  if (there.size() != before.size()) return corrupt("the bundle has another number of records");
  ForgottenEvents forgotten;
  for (std::size_t k = 0; k < there.size(); ++k) {
    const auto tombstone = format::decode_tombstone(there[k]);
    const bool goes = is_among(month, first, k) && tombstone && tombstone->month == month.month &&
                      !format::is_tombstone(before[k]);
    format::append_to_bundle(forgotten.bundle, goes ? there[k] : before[k]);
    if (!goes) continue;
    auto possible = can_be_of(*tombstone, before[k], now.key_minutes);
    if (possible) possible = rules::check_past(*tombstone, now);
    if (!possible && !forgotten.lie)
      forgotten.lie = rules::ImpossibleTombstone{{first.value + k}, possible.error().message};
    count(*tombstone, now.key_minutes, forgotten.events);
  }
  return forgotten;
}

Result<bool> holds_events(Bytes bundle, LeafIndex first, const format::MonthRange& month) {
  ASSIGN_OR_RETURN(const auto entries, format::split_bundle(bundle, merkle::kTileWidth));
  for (std::size_t k = 0; k < entries.size(); ++k) {
    if (!is_among(month, first, k) || format::is_tombstone(entries[k])) continue;
    ASSIGN_OR_RETURN(const format::Record record, format::decode_record(entries[k]));
    if (format::row_of(record.kind).fate == format::Fate::kGoes) return true;
  }
  return false;
}

}  // namespace varve::verify
