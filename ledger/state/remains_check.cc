// A month, a place, a record.
#include "ledger/state/remains_check.h"

#include <string>

#include "ledger/base/key_period.h"
#include "ledger/rules/disposal_plan.h"

namespace varve::state {
namespace {

/// An empty segment has no record that could be of another month.
bool holds_others(LeafIndex first, LeafIndex end, const DisposedOf& by) {
  return first < end && (first < by.first || by.end < end);
}

Error not_in_the_log(LeafIndex named, KeyPeriod month) {
  return corrupt("it says that record " + std::to_string(named.value) + " disposes of " +
                 key_period_text(month) + ", and no such record is in the log: a loss");
}

Error of_other_records(KeyPeriod month) {
  return corrupt("it holds records that are not of " + key_period_text(month) +
                 ", and what disposes of that month does not dispose of them: a loss");
}

}  // namespace

std::optional<DisposedOf> disposed_of(const rules::Retention& log, std::uint32_t month) {
  const rules::Month* const known = log.find_month(month);
  if (known == nullptr || !known->disposal) return std::nullopt;
  const auto range = log.range_of(*known);
  if (!range) return std::nullopt;
  return DisposedOf{known->disposal->index, rules::disposed_us(log, *known), log.key_period(month),
                    range->first, range->end};
}

Result<void> check_remains(const store::RemainsHead& remains, const DisposedOf& by) {
  if (!remains.disposal)
    return corrupt("it lacks what the segment's file says besides its records");
  if (remains.period != by.period || *remains.disposal != by.disposal)
    return not_in_the_log(*remains.disposal, remains.period);
  const std::uint64_t end = remains.first.value + remains.count;
  if (end < remains.first.value || holds_others(remains.first, LeafIndex{end}, by))
    return of_other_records(remains.period);
  if (remains.made_us != by.destroyed_us)
    return corrupt("it gives the disposal another time than the log: a loss");
  return {};
}

Result<void> check_remains(const store::RemainsHead& remains, const rules::Retention& log) {
  if (const auto by = disposed_of(log, remains.period.number)) return check_remains(remains, *by);
  // Those of format 1 do not say of which key periods their log is.
  const KeyPeriod period =
      remains.disposal ? remains.period : log.key_period(remains.period.number);
  return not_in_the_log(remains.disposal.value_or(LeafIndex{0}), period);
}

}  // namespace varve::state
