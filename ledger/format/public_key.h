// Public-key arithmetic behind note.h. Private to this folder.
#pragma once

#include "ledger/base/bytes.h"

namespace varve::format {

/// 32 bytes that are a point of the prime-order subgroup in its canonical spelling.
bool is_ed25519_key(Bytes key);
/// SPKI DER of an uncompressed point on P-256, spelled with the named curve.
bool is_p256_key(Bytes key);

bool ed25519_verifies(Bytes key, Bytes message, Bytes signature);
/// `signature` is ASN.1 DER over SHA-256(message).
bool p256_verifies(Bytes key, Bytes message, Bytes signature);

}  // namespace varve::format
