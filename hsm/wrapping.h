// Data keys, wrapped under key-encryption keys that never leave the token.
#pragma once

#include "hsm/session.h"
#include "ledger/env/secret.h"

namespace varve::hsm {

inline constexpr std::size_t kDataKeySize = 32;     // bytes
inline constexpr std::size_t kWrappedKeySize = 40;  // RFC 3394: 8 more

/// As env::KeyVault::wrap and unwrap, within one session. `out` takes the data key. Its memory is
/// allocated before the token is asked, so that a lack of memory does not look like a failing token.
Result<Buffer> wrap_key(Session& session, std::string_view label, Bytes data_key);
Result<void> unwrap_key(Session& session, std::string_view label, Bytes wrapped, MutableBytes out);

/// Whether the token has a key-encryption key of this name. Errors: kIo  it has several, or one that
/// may leave it.  kBusy.
Result<bool> holds_kek(Session& session, std::string_view label);

}  // namespace varve::hsm
