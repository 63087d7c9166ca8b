// Entry by entry.
#include "ledger/verify/kept_events.h"

#include <algorithm>

#include "ledger/format/batch.h"
#include "ledger/format/record.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"

namespace varve::verify {
namespace {

/// Whether `tombstone` can be that of the event. Errors: kCorrupt  says why not.
Result<void> can_be_of(const format::Tombstone& tombstone, Bytes event, const rules::Present& now) {
  RETURN_IF_ERROR(rules::check_possible(tombstone, now.key_minutes));
  RETURN_IF_ERROR(rules::check_past(tombstone, now));
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
}

}  // namespace

Result<MergedBundle> keep_events(Bytes held, Bytes fetched, LeafIndex first,
                                 const rules::Present& present) {
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
    if (const auto possible = can_be_of(tombstone, before[k], present); !possible && !merged.lie)
      merged.lie = rules::ImpossibleTombstone{{first.value + k}, possible.error().message};
    count(tombstone, present.key_minutes, merged.kept);
  }
  return merged;
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
    if (const auto possible = can_be_of(*tombstone, before[k], now); !possible && !forgotten.lie)
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
