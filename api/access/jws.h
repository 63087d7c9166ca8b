// Signatures of JWTs. rhonabwy verifies them; nothing else includes it. It is given one public key
// that we chose, never the choice: keys and addresses of keys in a token's header are not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::api {

/// All that can be configured. Source: RFC 7518 section 3.1, RFC 8037 section 3.1
enum class JwsAlgorithm : std::uint8_t { kRs256, kPs256, kEs256, kEdDsa };

/// As `alg` spells it; nullopt: another. RFC 9864's "Ed25519" is another.
std::optional<JwsAlgorithm> jws_algorithm(std::string_view name);
std::string_view jws_algorithm_name(JwsAlgorithm algorithm);

/// base64url without padding. Errors: kInvalid  padding, the standard alphabet's + and /, bits set in
/// the last character that carry nothing. Source: RFC 7515 section 2
Result<Buffer> decode_base64url(std::string_view text);

/// A public key that some algorithms here can use.
struct JwsKey {
  enum class Type : std::uint8_t { kRsa, kP256, kEd25519 };
  Type type = Type::kRsa;
  std::string kid;                   // empty: the set gives none
  std::optional<JwsAlgorithm> only;  // the set says so
  std::string jwk;                   // JSON, of nothing but the key's numbers
  std::size_t signature_bytes = 0;

  [[nodiscard]] bool fits(JwsAlgorithm algorithm) const;
};

/// Whether `key` signed the JWS `token`: three parts in canonical base64url, whose header names this
/// algorithm as `alg`, and has neither "b64" nor "zip". Requires key.fits(algorithm).
/// Thread: any. Cost: 0.3 to 0.7 milliseconds.
bool is_signed_by(const JwsKey& key, JwsAlgorithm algorithm, const std::string& token);

}  // namespace varve::api
