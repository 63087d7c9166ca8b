// Waiting for a turn at the token, and one more line below a checkpoint.
#include "ledger/log/witness_signing.h"

#include <utility>

namespace varve::log {

Result<Buffer> TokenTurns::sign(Bytes public_key, Bytes message) {
  {
    const MutexLock lock(mutex_);
    ++under_way_;
  }
  Result<Buffer> signature = signer_.sign(public_key, message);
  const MutexLock lock(mutex_);
  if (--under_way_ == 0) idle_.notify_all();
  return signature;
}

Result<Buffer> TokenTurns::sign_when_idle(Bytes public_key, Bytes message) {
  {
    const MutexLock lock(mutex_);
    while (under_way_ != 0) idle_.wait(mutex_);
  }
  return signer_.sign(public_key, message);
}

Result<std::shared_ptr<const format::SignedCheckpoint>> sign_for_witnesses(
    const format::SignedCheckpoint& published, const format::VerifierKey& witness_key,
    TokenTurns& token) {
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(published.note));
  ASSIGN_OR_RETURN(Buffer signature, token.sign_when_idle(witness_key.key, bytes_of(note.text)));
  if (!format::verify_signature(witness_key, bytes_of(note.text), signature))
    return busy("the token gave a signature that does not verify");
  note.signatures.push_back({witness_key.name, witness_key.id, std::move(signature)});
  return std::make_shared<const format::SignedCheckpoint>(
      format::SignedCheckpoint{published.checkpoint, format::format_note(note)});
}

Result<void> try_key(const format::SignedCheckpoint& published, const format::VerifierKey& key,
                     TokenTurns& token) {
  RETURN_IF_ERROR(sign_for_witnesses(published, key, token));
  return {};
}

}  // namespace varve::log
