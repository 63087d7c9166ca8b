// The claims, one after the other. Each has the test of its own name in tests/access/jwt_test.cc.
#include "api/access/issuer.h"

#include <algorithm>

#include "api/access/revocation.h"
#include "api/access/smart_scopes.h"
#include "api/access/tokens.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::api {
namespace {

using Why = std::optional<std::string_view>;  // a reason to refuse

bool has(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

Why check_audience(const IssuerOptions& issuer, const JwtObject& claims) {
  const auto audiences = claims.texts("aud");
  if (!audiences) return "the JWT has no aud, or one that is neither a text nor texts";
  const auto is_ours = [&](const std::string& one) { return has(issuer.audiences, one); };
  if (std::ranges::none_of(*audiences, is_ours)) return "the JWT is for another audience";
  return std::nullopt;
}

Why check_authentication(const IssuerOptions& issuer, const JwtObject& claims) {
  if (!issuer.acr.empty() && !has(issuer.acr, claims.text("acr").value_or("")))
    return "the JWT's acr is none of those that are required";
  const auto methods = claims.has("amr") ? claims.texts("amr") : std::vector<std::string>{};
  const auto was_used = [&](const std::string& method) { return methods && has(*methods, method); };
  if (!std::ranges::all_of(issuer.amr, was_used))
    return "the JWT's amr lacks one of those that are required";
  return std::nullopt;
}

/// Fills in until when and from when on it can be used.
Why read_times(const IssuerOptions& issuer, const JwtObject& claims, Identity& identity,
               VerifiedJwt& out) {
  const auto expires = claims.seconds("exp");
  if (!expires) return "the JWT has no exp, or one that is no time";
  identity.expires_s = *expires + issuer.skew_s;
  for (const char* name : {"nbf", "iat"}) {
    if (!claims.has(name)) continue;
    const auto from = claims.seconds(name);
    if (!from) return "the JWT has an nbf or iat that is no time";
    const std::uint64_t early = *from > issuer.skew_s ? *from - issuer.skew_s : 0;
    out.not_before_s = std::max(out.not_before_s, early);
  }
  return std::nullopt;
}

/// The certificate that the token is bound to, if it is.
Why read_binding(const IssuerOptions& issuer, const JwtObject& claims, VerifiedJwt& out) {
  constexpr std::string_view kUnknown = "the JWT is bound to a key in a way that is not known here";
  if (!claims.has("cnf") && issuer.certificate_bound)
    return "the JWT is not bound to a certificate, and this issuer's have to be";
  if (!claims.has("cnf")) return std::nullopt;
  const auto cnf = claims.object("cnf");
  const auto text = cnf ? cnf->text("x5t#S256") : std::nullopt;
  const auto bytes = text ? decode_base64url(*text) : Result<Buffer>(invalid(""));
  if (!bytes || bytes->size() != kHashSize || cnf->has("jkt") || cnf->has("jwk")) return kUnknown;
  Hash hash;
  std::ranges::copy(*bytes, hash.bytes.begin());
  out.certificate = hash;
  return std::nullopt;
}

Why read_names(const IssuerOptions& issuer, const JwtObject& claims, Identity& identity) {
  const auto name = claims.text(issuer.client_claim.c_str());
  if (!name) return "the JWT has no claim that names the client, or it is no text";
  identity.client = issuer.client_prefix + *name;
  if (!is_client_name(identity.client))
    return "the JWT's client has a name that is not 1 to 127 of a-z A-Z 0-9 . - _ @ /";
  identity.subject = claims.text("sub").value_or("");
  identity.jti = claims.text("jti").value_or("");
  if ((claims.has("sub") && !can_be_revoked(identity.subject)) ||
      (claims.has("jti") && !can_be_revoked(identity.jti)))
    return "the JWT has a sub or jti that is blank, no text, or could not be revoked";
  return std::nullopt;
}

/// Words of a text, or the texts of an array; none where there is neither.
std::vector<std::string> values_of(const JwtObject& claims, const std::string& claim) {
  const auto text = claims.text(claim.c_str());
  if (!text) return claims.texts(claim.c_str()).value_or(std::vector<std::string>{});
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find(' ', begin), text->size());
    if (end != begin) out.push_back(text->substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::vector<Permission> permissions_of(const IssuerOptions& issuer, const JwtObject& claims) {
  std::vector<Permission> out;
  for (const ClaimGrant& grant : issuer.grants)
    if (has(values_of(claims, grant.claim), grant.value)) out.push_back(grant.permission);
  if (!issuer.smart) return out;
  Permission smart = *issuer.smart;
  smart.roles = Roles::kNone;
  for (const std::string& scope : values_of(claims, "scope"))
    smart.roles = smart.roles | roles_of_smart_scope(scope);
  if (smart.roles != Roles::kNone) out.push_back(std::move(smart));
  return out;
}

/// The key is chosen by what is configured and by the key set; the token only says which of them.
std::variant<SharedKeySet, std::string_view> check_signature(const IssuerOptions& issuer,
                                                             const Jwt& jwt,
                                                             const std::string& token) {
  const auto algorithm = jws_algorithm(jwt.alg);
  if (!algorithm || std::ranges::count(issuer.algorithms, *algorithm) == 0)
    return "the JWT's alg is none of this issuer's";
  SharedKeySet keys = issuer.keys->current();
  if (!keys) return "there are no keys of the JWT's issuer, or they are too old";
  const JwsKey* key = keys->find(jwt.kid, *algorithm);
  if (key == nullptr) {
    issuer.keys->missed();
    return "the JWT's issuer has no key of that kid and alg";
  }
  if (!is_signed_by(*key, *algorithm, token)) return "the JWT's signature is wrong";
  return keys;
}

}  // namespace

JwtVerdict verify_jwt(const IssuerOptions& issuer, const Jwt& jwt, const std::string& token) {
  if (!has(issuer.types, jwt.typ)) return "the JWT's typ is none of this issuer's";
  auto keys = check_signature(issuer, jwt, token);
  if (const auto* why = std::get_if<std::string_view>(&keys)) return *why;
  VerifiedJwt out;
  out.keys = std::move(*std::get_if<SharedKeySet>(&keys));
  Identity identity;
  identity.proof = Proof::kJwt;
  identity.issuer = issuer.issuer;
  identity.credential_id = "sha256:" + hex(merkle::sha256(bytes_of(token)).view());
  Why why = check_audience(issuer, jwt.claims);
  if (!why) why = check_authentication(issuer, jwt.claims);
  if (!why) why = read_times(issuer, jwt.claims, identity, out);
  if (!why) why = read_binding(issuer, jwt.claims, out);
  if (!why) why = read_names(issuer, jwt.claims, identity);
  if (why) return *why;
  if (out.certificate) identity.bound_to = "sha256:" + hex(out.certificate->view());
  identity.permissions = permissions_of(issuer, jwt.claims);
  out.identity = std::make_shared<const Identity>(std::move(identity));
  return out;
}

std::optional<std::string_view> why_unusable(const VerifiedJwt& jwt, const PeerCertificate* shown,
                                             std::uint64_t now_s) {
  if (now_s < jwt.not_before_s) return "the JWT is not valid yet";
  if (now_s >= jwt.identity->expires_s) return "the JWT has expired";
  if (!jwt.certificate) return std::nullopt;
  if (shown == nullptr || shown->fingerprint != *jwt.certificate)
    return "the JWT is bound to another certificate than the connection's";
  if (now_s < shown->not_before_s || now_s >= shown->expires_s)
    return "the certificate that the JWT is bound to is not valid now";
  return std::nullopt;
}

}  // namespace varve::api
