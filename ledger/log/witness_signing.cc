// One more line below a checkpoint.
#include "ledger/log/witness_signing.h"

#include <utility>

namespace varve::log {

Result<std::shared_ptr<const format::SignedCheckpoint>> sign_for_witnesses(
    const format::SignedCheckpoint& published, const format::VerifierKey& witness_key,
    env::Signer& token) {
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(published.note));
  ASSIGN_OR_RETURN(Buffer signature, token.sign(witness_key.key, bytes_of(note.text)));
  if (!format::verify_signature(witness_key, bytes_of(note.text), signature))
    return busy("the token gave a signature that does not verify");
  note.signatures.push_back({witness_key.name, witness_key.id, std::move(signature)});
  return std::make_shared<const format::SignedCheckpoint>(
      format::SignedCheckpoint{published.checkpoint, format::format_note(note)});
}

Result<void> try_key(const format::SignedCheckpoint& published, const format::VerifierKey& key,
                     env::Signer& token) {
  RETURN_IF_ERROR(sign_for_witnesses(published, key, token));
  return {};
}

}  // namespace varve::log
