// Time stamps as stamps.
#include "ledger/rules/stamp.h"

#include <algorithm>

#include "ledger/format/cosigned_time.h"

namespace varve::rules {

Result<Stamp> stamp_of(LeafIndex index, const format::Timestamp& timestamp,
                       const format::Checkpoint& of_the_log) {
  ASSIGN_OR_RETURN(const format::SignedTime said,
                   format::verify_time_statement(timestamp.token,
                                                 format::checkpoint_text(timestamp.checkpoint)));
  return Stamp{index,
               said.key,
               said.time_us,
               said.accuracy_us,
               timestamp.checkpoint.size,
               timestamp.checkpoint == of_the_log,
               said.type};
}

format::Evidence evidence_of(std::span<const Stamp> stamps) {
  CHECK(!stamps.empty());
  format::Evidence said{stamps[0].size, 0, UINT64_MAX, {}};
  for (const Stamp& stamp : stamps) {
    said.size = std::min(said.size, stamp.size);
    said.latest_us = std::max(said.latest_us, stamp.time_us + stamp.accuracy_us);
    const bool within = stamp.time_us > stamp.accuracy_us;
    said.earliest_us = std::min(said.earliest_us, within ? stamp.time_us - stamp.accuracy_us : 0);
    said.stamps.push_back(stamp.index);
  }
  return said;
}

}  // namespace varve::rules
