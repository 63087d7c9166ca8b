// Which commitment to an index may come next: each record is in one index at most.
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

/// Whether it may come next, as record `at`: it has the next number, begins where the one before ends or behind
/// it, is of records before it, all of which are of the month that it names, and that month was not disposed of.
/// Errors: kInvalid  it is no such text, or which rule it breaks.
Result<Indexed> judge_index(const Indexed& last, std::string_view text, std::string_view origin,
                            LeafIndex at, const Retention& retention);

}  // namespace varve::rules
