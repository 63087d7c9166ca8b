// Signing keys on a token: found by URI or by public key, used one signature at a time.
#pragma once

#include "hsm/session.h"
#include "ledger/format/note.h"

namespace varve::hsm {

struct PublicKey {
  format::Algorithm algorithm = format::Algorithm::kEd25519;
  Buffer key;  // as VerifierKey::key: 32 raw bytes, or SPKI DER
  bool operator==(const PublicKey&) const = default;
};

/// The public key that this public key object holds; empty for curves and key types not used here.
Result<std::optional<PublicKey>> read_public_key(Session& session, Object object);

/// The one public key object that the URI's label and id name.
/// Errors: kNotFound  none.  kInvalid  the URI names no object, or another token; several match.
Result<PublicKey> find_public_key(Session& session, const Uri& object);

/// The private key of a public one: same CKA_ID as the public key object.
/// Errors: kNotFound  the token holds no such pair.  kIo  it holds several.  kInvalid  no key.
Result<Object> find_private_key(Session& session, Bytes public_key);

/// Ed25519: 64 bytes over the message. P-256: ASN.1 DER over its SHA-256. Not verified yet.
/// Errors: as find_private_key; kBusy, kIo  as the token says.
Result<Buffer> sign(Session& session, Bytes public_key, Bytes message);

}  // namespace varve::hsm
