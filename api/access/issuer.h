// An issuer whose signed tokens (JWTs) say who a client is, and how one of its tokens is judged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/access/identity.h"
#include "api/access/jwt.h"
#include "api/access/key_set.h"
#include "ledger/base/types.h"

namespace varve::api {

/// What a claim with a value allows.
struct ClaimGrant {
  std::string
      claim;  // a text of words with blanks between them, as `scope` is, or an array of texts
  std::string value;  // one of them
  Permission permission;
};

struct IssuerOptions {
  std::string issuer;                           // `iss`, byte by byte
  std::vector<std::string> audiences;           // `aud` has one of these
  std::vector<JwsAlgorithm> algorithms;         // no other is tried, whatever a token says
  std::vector<std::string> types = {"at+jwt"};  // `typ`
  std::vector<std::string> acr = {};            // `acr` is one of these; empty: any or none
  std::vector<std::string> amr = {};            // `amr` has all of these
  std::uint64_t skew_s = 60;                    // by how much clocks may differ
  bool certificate_bound = false;               // tokens that are not are refused
  std::string client_claim = "client_id";
  std::string client_prefix = {};  // before the claim's value
  std::vector<ClaimGrant> grants = {};
  std::optional<Permission> smart =
      {};  // logs on which scopes of SMART count; its roles are not read
  std::shared_ptr<KeySource> keys = {};
};

/// A token whose signature and claims were found right.
struct VerifiedJwt {
  SharedIdentity identity;
  std::uint64_t not_before_s = 0;
  std::optional<Hash> certificate;  // SHA-256 of the one it is bound to
  SharedKeySet keys;                // that the signature was verified with
};

/// Static text, for the operator's journal.
using JwtVerdict = std::variant<VerifiedJwt, std::string_view>;

/// Verifies the signature of `token`, which `jwt` is the parts of, and its claims but for the times and
/// the certificate, which why_unusable() looks at for each request.
/// Source: RFC 7519 section 4.1, RFC 9068 section 4, RFC 8705 section 3.1
JwtVerdict verify_jwt(const IssuerOptions& issuer, const Jwt& jwt, const std::string& token);

/// Why a verified token cannot be used now and on a connection with this certificate (null: it has
/// none). nullopt: it can.
std::optional<std::string_view> why_unusable(const VerifiedJwt& jwt, const PeerCertificate* shown,
                                             std::uint64_t now_s);

}  // namespace varve::api
