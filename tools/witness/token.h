// The witness's key on its token.
#pragma once

#include <memory>

#include "hsm/token.h"
#include "ledger/format/cosignature.h"
#include "tools/witness/config.h"

namespace varve::tools {

/// Logs in with the PIN; one that is refused is written down in the data directory, and no later process tries it
/// either. Errors: as read_pin and Token::open.
Result<std::unique_ptr<hsm::Token>> open_witness_token(const WitnessProgramConfig& config);

/// The public half. Errors: kNotFound  the token has no such key.  kInvalid  it is not of Ed25519, or `name` is no
/// name of a key.  As Token::find_public_key.
Result<format::CosignerKey> find_witness_key(const WitnessProgramConfig& config, hsm::Token& token);

}  // namespace varve::tools
