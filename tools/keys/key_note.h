// Key events as signed notes: what rotates and retires a log's key.
#pragma once

#include <span>
#include <string>

#include "ledger/env/signer.h"
#include "ledger/format/control.h"

namespace varve::keys {

/// `text` as a note, signed by each of `signers` (keys of the token), verified once more.
/// Errors: as env::Signer::sign.
Result<std::string> sign_text(env::Signer& signer, const std::string& text,
                              std::span<const format::VerifierKey> signers);
/// The note of `event`, as sign_text makes it.
Result<std::string> sign_key_event(env::Signer& signer, const format::KeyEvent& event,
                                   std::span<const format::VerifierKey> signers);

}  // namespace varve::keys
