// The signature of a log's witness key, which goes to witnesses and nowhere else. It is the one place that asks for it.
#pragma once

#include <memory>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/env/signer.h"
#include "ledger/format/note.h"
#include "ledger/format/signed_checkpoint.h"

namespace varve::log {

/// A token that serves the log first. Thread: any.
class TokenTurns final : public env::Signer {
 public:
  /// `signer` outlives it.
  explicit TokenTurns(env::Signer& signer) : signer_(signer) {}

  /// For a checkpoint that appends wait for: at once.
  Result<Buffer> sign(Bytes public_key, Bytes message) override;
  /// When none of these is under way. One that comes meanwhile waits for this single signature.
  /// Errors: as Signer::sign.
  Result<Buffer> sign_when_idle(Bytes public_key, Bytes message);

 private:
  env::Signer& signer_;
  Mutex mutex_;
  CondVar idle_;
  unsigned under_way_ GUARDED_BY(mutex_) = 0;  // in sign()
};

/// `published` with a line by `witness_key`, which is verified, behind those that it has. Requires a checkpoint
/// that readers see: it is durable then, and so is what it covers (I2).
/// Errors: as Signer::sign; kBusy  also: the signature does not verify.
Result<std::shared_ptr<const format::SignedCheckpoint>> sign_for_witnesses(
    const format::SignedCheckpoint& published, const format::VerifierKey& witness_key,
    TokenTurns& token);

/// Whether the token signs with `key`: the same, and nobody gets the signature. Errors: as above.
Result<void> try_key(const format::SignedCheckpoint& published, const format::VerifierKey& key,
                     TokenTurns& token);

}  // namespace varve::log
