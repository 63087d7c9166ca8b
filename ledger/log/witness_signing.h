// The signature of a log's witness key, which goes to witnesses and nowhere else. It is the one place that asks for it.
#pragma once

#include <memory>

#include "ledger/base/result.h"
#include "ledger/env/signer.h"
#include "ledger/format/note.h"
#include "ledger/format/signed_checkpoint.h"

namespace varve::log {

/// `published` with a line by `witness_key`, which is verified, behind those that it has. Requires a checkpoint
/// that readers see: it is durable then, and so is what it covers (I2). Requires a turn at the token (env::TokenTurns).
/// Errors: as Signer::sign; kBusy  also: the signature does not verify.
Result<std::shared_ptr<const format::SignedCheckpoint>> sign_for_witnesses(
    const format::SignedCheckpoint& published, const format::VerifierKey& witness_key,
    env::Signer& token);

/// Whether the token signs with `key`: the same, and nobody gets the signature. Errors: as above.
Result<void> try_key(const format::SignedCheckpoint& published, const format::VerifierKey& key,
                     env::Signer& token);

}  // namespace varve::log
