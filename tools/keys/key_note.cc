// Signing a key event.
#include "tools/keys/key_note.h"

namespace varve::keys {

Result<std::string> sign_key_event(env::Signer& signer, const format::KeyEvent& event,
                                   std::span<const format::VerifierKey> signers) {
  return sign_text(signer, format::key_event_text(event), signers);
}

Result<std::string> sign_text(env::Signer& signer, const std::string& text,
                              std::span<const format::VerifierKey> signers) {
  format::Note note{text, {}};
  for (const format::VerifierKey& key : signers) {
    ASSIGN_OR_RETURN(auto signature, signer.sign(key.key, bytes_of(note.text)));
    note.signatures.push_back({key.name, key.id, std::move(signature)});
  }
  ASSIGN_OR_RETURN(const auto verified, format::verify_note(note, signers));
  CHECK(verified.size() == signers.size());
  return format::format_note(note);
}

}  // namespace varve::keys
