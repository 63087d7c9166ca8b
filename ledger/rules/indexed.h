// Which commitment to an index may come next: each record is in one index at most, and no stretch of records
// between two is left out.
#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/index_commitment.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// How far the log is indexed.
struct Indexed {
  std::uint64_t count = 0;  // indexes
  TreeSize end;             // behind the records of the newest; 0: there is none
  bool operator==(const Indexed&) const = default;
};

/// Whether it may come next, as record `at`: it has the next number, begins where the one before ends (the
/// first begins anywhere), is of records before it, and its last record is of the month that it names.
/// Errors: kInvalid  it is no such text, or which rule it breaks.
Result<Indexed> judge_index(const Indexed& last, std::string_view text, std::string_view origin,
                            LeafIndex at, const Retention& retention);

}  // namespace varve::rules
