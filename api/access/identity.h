// Who makes a request: one value, however it was proven and whatever the protocol.
//
// A reader of this folder starts here. authenticate() (authenticate.h) turns a Credential, which is
// what somebody presented, into an Identity, or into the reason for the operator's journal why not.
// The tokens file (tokens.h) says which credentials belong to which client, and what each client may
// do; issuers (issuers.h) vouch for others with signed tokens, JWTs. The list of revoked clients
// (revocation.h) is asked for each request. What an identity may do is an Authority (authority.h),
// which the table of rights.h is asked about.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/authority.h"
#include "ledger/base/types.h"

namespace varve::api {

/// How an identity was proven.
enum class Proof : std::uint8_t { kToken, kCertificate, kJwt };
inline constexpr Proof kProofs[] = {Proof::kToken, Proof::kCertificate, Proof::kJwt};

/// As metrics, the journal and /whoami spell it.
std::string_view proof_name(Proof proof);

struct Identity {
  std::string client;  // never empty
  Proof proof = Proof::kToken;
  std::string subject;        // as the certificate or the JWT names it; empty for a static token
  std::string issuer = {};    // of the JWT
  std::string jti = {};       // of the JWT: the issuer's name for this one token; may be empty
  std::string credential_id;  // "sha256:" and the hash of the token's text or the certificate
  std::string bound_to = {};  // "sha256:" and the hash of the certificate that the JWT is bound to
  std::uint64_t expires_s = 0;  // seconds since 1970; from then on it is nobody's; 0: never
  std::vector<Permission> permissions;

  [[nodiscard]] Authority on(std::string_view log) const { return authority_on(log, permissions); }
};
using SharedIdentity = std::shared_ptr<const Identity>;

/// A client's certificate, which the TLS handshake has verified: a configured CA vouches for it, it is
/// meant for clients, and its names hold no control characters.
struct PeerCertificate {
  Hash fingerprint;                // SHA-256 of its DER
  std::string subject;             // RFC 4514: "CN=ward-7,O=Example"
  std::vector<std::string> names;  // its alternative names: "dns:...", "uri:...", "email:..."
  std::uint64_t not_before_s = 0;
  std::uint64_t expires_s = 0;
};

/// What somebody presented.
struct Credential {
  std::optional<std::string_view> bearer;        // empty: something else that is no bearer token
  const PeerCertificate* certificate = nullptr;  // of the connection
};

}  // namespace varve::api
