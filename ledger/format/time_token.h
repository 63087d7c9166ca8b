// RFC 3161 time-stamp tokens: what a time-stamping authority signed about a text, whoever brings it.
// Read strictly, because a token comes from outside and ages depend on it.
// docs/format/retention.md, "Timestamp"
#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

/// Bytes of DER. A token with its authority's certificates has about 6 KB.
inline constexpr std::size_t kTimeTokenMax = 16u << 10;

/// How a source of time speaks.
enum class SourceType : std::uint8_t {
  kTimestamp,  // a time-stamping authority: RFC 3161 tokens
  kWitness,    // C2SP cosignatures
};

/// By whom: the key and the type together. A source speaks in the way that it was named for, and in no other.
struct SignedTime {
  Hash key;                       // SHA-256 of the SubjectPublicKeyInfo of the key that signed; of
                                  // a witness: cosigner_hash (cosigned_time.h)
  std::uint64_t time_us = 0;      // since 1970 UTC
  std::uint64_t accuracy_us = 0;  // either way; a second to a minute
  SourceType type = SourceType::kTimestamp;
  bool operator==(const SignedTime&) const = default;
};

/// Verifies that the token is over exactly these bytes. Which key signed is for the caller to
/// compare with those that a policy names: a certificate is trusted for nothing but what its own
/// key says of itself, and no chain to a certificate authority is looked at.
/// Errors: kInvalid  says what is wrong with the token.
Result<SignedTime> verify_time_token(Bytes token, std::string_view text);

/// Whether the token repeats the nonce of the query that it answers. Requires a token that was verified.
bool has_nonce(Bytes token, std::uint64_t nonce);

}  // namespace varve::format
