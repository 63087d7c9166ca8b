// Whose signatures stand on a policy, a hold, a release or a disposal.
#pragma once

#include <span>

#include "ledger/base/result.h"
#include "ledger/format/note.h"
#include "ledger/rules/retention.h"

namespace varve::rules {

/// Verifies the note by these keys: those that sign the log's checkpoints at that place, and its
/// approvers. Signatures by other keys say nothing.
/// Errors: kCorrupt  a signature by one of them fails, or none of them signed.
Result<Signers> signers_of(const format::Note& note, std::span<const format::VerifierKey> active,
                           std::span<const format::VerifierKey> approvers);
/// The same of a note that names one of the active keys as the one that signs it, as a policy does:
/// a signature by another active key must verify too, but does not stand for the log.
Result<Signers> signers_of(const format::Note& note, const format::VerifierKey& named,
                           std::span<const format::VerifierKey> active,
                           std::span<const format::VerifierKey> approvers);

/// An approver, as Signers and ApproversAct name one.
Hash approver_hash(const format::VerifierKey& key);

}  // namespace varve::rules
