// A checkpoint that a policy's quorum has cosigned, of a log whose keys are known.
#pragma once

#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/witness_policy.h"
#include "ledger/rules/key_history.h"

namespace varve::verify {

/// `note`: a checkpoint that the log's keys were found to sign. A policy that needs nobody has no quorum.
/// Errors: kCorrupt   a cosignature is false.
///         kNotFound  no quorum cosigned it, or the policy has lines `log`, and no key that they name and the log
///                    announced signed it.
///         kInvalid   no note.
Result<void> demand_quorum(std::string_view note, const format::WitnessPolicy& policy,
                           const rules::KeyHistory& keys);

}  // namespace varve::verify
