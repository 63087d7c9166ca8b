// Whether an old checkpoint belongs to the log that is known: a key that left the log may have been
// stolen since, and whoever has it can sign a checkpoint of a size from before it left.
#pragma once

#include <optional>
#include <string_view>

#include "ledger/format/signed_checkpoint.h"
#include "ledger/verify/renewals.h"
#include "ledger/verify/verify_file.h"

namespace varve::verify {

/// What is at hand besides the signatures. Each may be missing.
struct Evidence {
  std::string_view consistency;            // the answer of GET proof/consistency
  std::optional<OpenedRenewal> renewal{};  // which bound the checkpoint, and was verified
};

/// Demands that the trees of `in` and of the newest checkpoint that `trust` knows are one history,
/// where only keys signed `in` that have left the log since, and wherever both can be compared.
/// Without such a checkpoint nothing is demanded. Requires that `in` was verified. Errors: kInvalid
/// evidence is missing, or of other trees; the message says what to give.
///         kCorrupt  the two contradict each other.
Result<void> demand_consistency(const format::SignedCheckpoint& in, const Trust& trust,
                                const Evidence& evidence);

}  // namespace varve::verify
