// Time stamps as stamps.
#include "ledger/rules/stamp.h"

namespace varve::rules {

Result<Stamp> stamp_of(LeafIndex index, const format::Timestamp& timestamp,
                       const format::Checkpoint& of_the_log) {
  ASSIGN_OR_RETURN(
      const format::SignedTime said,
      format::verify_time_token(timestamp.token, format::checkpoint_text(timestamp.checkpoint)));
  return Stamp{index,
               said.key,
               said.time_us,
               said.accuracy_us,
               timestamp.checkpoint.size,
               timestamp.checkpoint == of_the_log};
}

}  // namespace varve::rules
