// How PKCS#11 spells keys and signatures, and how the ledger does. Pure: bytes to bytes.
#pragma once

#include <optional>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/format/note.h"

namespace varve::hsm {

/// CKA_EC_PARAMS for key generation: the object identifier of the curve (RFC 8410, RFC 5480).
Bytes curve_parameters(format::Algorithm algorithm);
/// Which curve a token means by CKA_EC_PARAMS: the object identifier, or the curve's name as a
/// PrintableString. Empty for any other curve.
std::optional<format::Algorithm> curve_of(Bytes parameters);

/// The public key as the ledger has it, from CKA_EC_POINT: a DER OCTET STRING, or the raw point.
/// Errors: kIo  the token holds something else.
Result<Buffer> key_from_point(format::Algorithm algorithm, Bytes point);

/// A public key of the ledger: 32 bytes are Ed25519, SPKI DER is P-256.
/// Errors: kInvalid  neither.
struct Point {
  format::Algorithm algorithm;
  Buffer raw;      // 32 bytes, or 65 that start with 04
  Buffer wrapped;  // the same as a DER OCTET STRING
};
Result<Point> point_from_key(Bytes public_key);

/// r || s, 32 bytes each, as the ASN.1 DER of an ECDSA signature. Source: RFC 3279 section 2.2.3
/// Errors: kIo  not 64 bytes.
Result<Buffer> ecdsa_der(Bytes raw);

}  // namespace varve::hsm
