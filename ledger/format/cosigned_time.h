// A cosigned time: what a witness's cosignature says of the time at which a checkpoint was there, for the record that
// a time-stamp token has, too. docs/format/retention.md, "Cosigned time"
#pragma once

#include <string_view>

#include "ledger/format/cosignature.h"
#include "ledger/format/time_token.h"

namespace varve::format {

// Bytes, big-endian. A token is DER and begins with 0x30.
//   off size field
//     0    1 type       0x04, as in the vkey: an Ed25519 cosigner
//     1   32 key        of the witness
//    33    8 time       seconds since 1970, as signed
//    41   64 signature  over `cosignature/v1`, the time and the checkpoint's text
inline constexpr std::size_t kCosignedTimeSize = 105;

/// C2SP bounds no witness's clock, and a witness cuts the fraction of a second off.
inline constexpr std::uint64_t kCosignedAccuracy_us = 60'000'000;

/// By which a policy names a witness: SHA-256 of the type byte and the key. No SubjectPublicKeyInfo has this hash.
/// Requires an Ed25519 key.
Hash cosigner_hash(const CosignerKey& key);

/// Requires a cosignature by that key that was verified.
Buffer cosigned_time(const CosignerKey& key, const Cosignature& given);

/// Verifies a time-stamp token, or a cosigned time, over exactly these bytes.
/// Errors: kInvalid  says what is wrong with it.
Result<SignedTime> verify_time_statement(Bytes statement, std::string_view text);

}  // namespace varve::format
