// Whether a log's own records let remains stand for a segment's file. Whoever has the disk can write remains;
// only the log can dispose of a month.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/base/result.h"
#include "ledger/rules/retention.h"
#include "ledger/store/remains.h"

namespace varve::state {

/// What the log says of a month that it disposes of.
struct DisposedOf {
  LeafIndex disposal;              // the record
  std::uint64_t destroyed_us = 0;  // the reading by which it was judged
  KeyPeriod period;                // the month
  LeafIndex first;                 // its records: all are in front of the disposal
  LeafIndex end;
};
/// Nothing: no record disposes of a month of that number.
std::optional<DisposedOf> disposed_of(const rules::Retention& log, std::uint32_t month);

/// Whether remains of format 2 say of their month, their place and its disposal what the log says. Those of
/// format 1 never do. Errors: kCorrupt  they do not: where the segment's file is gone, it is a loss.
Result<void> check_remains(const store::RemainsHead& remains, const DisposedOf& by);
Result<void> check_remains(const store::RemainsHead& remains, const rules::Retention& log);

}  // namespace varve::state
