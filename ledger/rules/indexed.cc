// The law of indexes.
#include "ledger/rules/indexed.h"

#include <string>

namespace varve::rules {

Result<Indexed> judge_index(const Indexed& last, std::string_view text, std::string_view origin,
                            LeafIndex at, const Retention& retention) {
  ASSIGN_OR_RETURN(const format::IndexCommitment index, format::parse_index_commitment(text));
  if (index.origin != origin) return invalid("the index is of the log " + index.origin);
  if (index.number != last.count)
    return invalid("it is index " + std::to_string(index.number) + ", expected " +
                   std::to_string(last.count));
  if (size_before(index.first) < last.end)
    return invalid("the index begins at record " + std::to_string(index.first.value) +
                   ", and the one before it ends at " + std::to_string(last.end.value));
  if (at < index.end) return invalid("the index is of records that are not before it");
  const Month* const month = retention.month_of(index.first);
  if (month == nullptr || month != retention.month_of(LeafIndex{index.end.value - 1}) ||
      month->month != index.month || retention.policy().mode != index.mode)
    return invalid("the records of the index are not all of the month that it names");
  if (month->disposal) return invalid("the month of the index was disposed of");
  return Indexed{last.count + 1, size_before(index.end)};
}

}  // namespace varve::rules
