// Which records of a stretch say what is asked, by its rows.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/query/page.h"

namespace varve::query {

struct Named {
  std::vector<std::uint64_t> say;  // each field that has rows; ascending
  std::vector<std::uint64_t>
      may_say;              // or, of some fields, more than was understood; none of `say`
  std::uint64_t looks = 0;  // rows that were looked up
};

/// Errors: kInvalid  nothing is asked that has rows.  As Stretch::find.
Result<Named> name_records(const Query& query, Stretch& stretch);

/// Whether none of its events can be of the period that is asked for.
bool is_outside(const Query& query, const Stretch::Of& of);

/// How many of these are in [first, end). Requires that they ascend.
std::uint64_t count_between(const std::vector<std::uint64_t>& records, LeafIndex first,
                            LeafIndex end);

}  // namespace varve::query
