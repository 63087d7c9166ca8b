// The life of keys on a token: made so that they cannot leave it, listed with what the token
// claims about them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hsm/signing.h"
#include "ledger/env/secret.h"
#include "ledger/format/key_statement.h"

namespace varve::hsm {

/// What the token claims. Claims are not proof: create_key_pair probes a throw-away key as well.
using format::KeyClaims;

enum class KeyUse : std::uint8_t { kSign, kWrap };

struct KeyInfo {
  KeyUse use = KeyUse::kSign;
  std::string label;
  Buffer id;
  std::optional<PublicKey> public_key;  // of signing keys, where its object is on the token
  KeyClaims claims;
};

/// Makes a key pair with a random CKA_ID and every attribute explicit, after a throw-away pair
/// from the same template has withstood reading, wrapping out and relaxing.
/// Errors: kInvalid  an empty label.  kWorm  an object has this label.
///         kIo  the token would let such a key out, or cannot make one.
Result<PublicKey> create_key_pair(Session& session, format::Algorithm algorithm,
                                  std::string_view label);

/// What the token is and claims about its private half of `key`, and how a throw-away key made like
/// create_key_pair's withstands the probe; no outcome where the token makes no throw-away keys.
/// Errors: kNotFound  it does not hold the private half.  kBusy, kIo.
Result<format::KeyStatement> state_key(Session& session, const PublicKey& key);

/// Private EC keys and AES keys, sorted by label.
Result<std::vector<KeyInfo>> list_keys(Session& session);

/// Destroys every key of this use and label, of a pair both halves, for good. Returns how many objects.
/// Errors: kNotFound  there is none.  kIo  the token keeps one of them.
Result<std::size_t> destroy_keys(Session& session, KeyUse use, std::string_view label);

struct TokenSetup {
  std::string module;
  std::string label;  // at most 32 bytes
  env::SecretBytes so_pin;
  env::SecretBytes pin;
};

/// Initialises a token in the first slot that has none, sets both PINs. Blocks; no timeout.
/// Errors: kWorm  a token has this label.  kNotFound  no free slot.  kInvalid  the label.  kIo.
Result<void> initialize_token(const TokenSetup& setup);

}  // namespace varve::hsm
