// One root for each.
#include "ledger/log/named_tree.h"

#include <algorithm>
#include <string>

#include "ledger/format/renewal.h"
#include "ledger/format/timestamp.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/retention_records.h"
#include "ledger/rules/witnessed.h"
#include "ledger/store/month_keys.h"
#include "ledger/upkeep/month_end.h"

namespace varve::log {
namespace {

Result<void> check_root(const std::string& what, TreeSize size, const Hash& root,
                        const state::Storage& storage) {
  const format::Checkpoint newest = storage.latest()->checkpoint;
  if (size > newest.size) return invalid(what + " is of more records than the log has");
  ASSIGN_OR_RETURN(const Hash ours,
                   merkle::checked_root(size, {newest.size, newest.root}, *storage.hashes));
  if (ours != root) return invalid(what + " is of another tree than the log's");
  return {};
}

Result<void> check_renewal(std::string_view payload, const state::Storage& storage) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(const format::Renewal renewal, format::parse_renewal(note.text));
  return check_root("the renewal", renewal.size, renewal.root, storage);
}

Result<void> check_timestamp(std::string_view payload, const state::Storage& storage) {
  ASSIGN_OR_RETURN(const format::Timestamp timestamp, format::parse_timestamp(payload));
  return check_root("the time stamp", timestamp.checkpoint.size, timestamp.checkpoint.root,
                    storage);
}

Result<void> check_witnessed(std::string_view payload, const state::Storage& storage) {
  const LeafIndex next{storage.latest()->checkpoint.size.value};
  ASSIGN_OR_RETURN(const rules::StatedTree stated, rules::witnessed_tree(payload, next));
  return check_root("the witnessed checkpoint", stated.checkpoint.size, stated.checkpoint.root,
                    storage);
}

/// Else R21 refuses it, and says why. Of a month that runs its segments say nothing yet.
bool names_months_that_are_over(const format::Disposal& disposal, const rules::Retention& log) {
  return std::ranges::all_of(disposal.months, [&log](const format::MonthRange& range) {
    const rules::Month* const month = log.find_month(range.month);
    return month != nullptr && log.range_of(*month) == range;
  });
}

Result<void> check_disposal(std::string_view payload, const state::Storage& storage) {
  ASSIGN_OR_RETURN(const format::Disposal disposal,
                   rules::disposal_in(payload, storage.view().retention->policy().mode));
  const TreeSize size = size_before(disposal.months.back().end);
  RETURN_IF_ERROR(check_root("the disposal", size, disposal.root, storage));
  if (!names_months_that_are_over(disposal, *storage.view().retention)) return {};
  ASSIGN_OR_RETURN(const auto segments, store::all_segments(storage.files));
  return upkeep::check_segments_of(segments, disposal.months);
}

}  // namespace

Result<void> check_named_tree(format::Kind kind, std::string_view payload,
                              const state::Storage& storage) {
  if (kind == format::Kind::kRenewal) return check_renewal(payload, storage);
  if (kind == format::Kind::kTimestamp) return check_timestamp(payload, storage);
  if (kind == format::Kind::kWitnessed) return check_witnessed(payload, storage);
  if (kind == format::Kind::kDisposal) return check_disposal(payload, storage);
  return {};
}

}  // namespace varve::log
