// Puts the public half of a key pair back where only the private half is left.
#pragma once

#include "hsm/signing.h"

namespace varve::hsm {

/// Makes the public key object that belongs to the private key called `label`: a token finds a key
/// by it. The caller has to see the two sign and verify before it trusts that they belong together.
/// Errors: kWorm  the token has this public key.  kNotFound  no private key of this label.  kIo  several,
///         or the token does not take it.
Result<void> import_public_key(Session& session, const PublicKey& key, std::string_view label);
/// Takes it away again.
Result<void> remove_public_key(Session& session, const PublicKey& key);

}  // namespace varve::hsm
