// Tries what was presented.
#include "api/access/authenticate.h"

#include "api/access/issuers.h"
#include "ledger/base/check.h"

namespace varve::api {
namespace {

using Verdict = std::variant<SharedIdentity, Denied>;

Verdict by_token(const Tokens& tokens, std::string_view bearer) {
  if (bearer.empty()) return Denied{Proof::kToken, "the Authorization header has no bearer token"};
  SharedIdentity found = tokens.with_token(bearer);
  if (!found) return Denied{Proof::kToken, "the tokens file does not have this bearer token"};
  return found;
}

Verdict by_certificate(const Tokens& tokens, const PeerCertificate& shown, std::uint64_t now_s) {
  const auto denied = [](std::string_view reason) { return Denied{Proof::kCertificate, reason}; };
  if (now_s < shown.not_before_s) return denied("the client's certificate is not valid yet");
  if (now_s >= shown.expires_s) return denied("the client's certificate has expired");
  const CertificateMatch match = tokens.with_certificate(shown);
  if (match.ambiguous)
    return denied("the tokens file gives the client's certificate the names of two clients");
  if (!match.identity) return denied("the tokens file does not have the client's certificate");
  return match.identity;
}

}  // namespace

std::variant<SharedIdentity, Denied> authenticate(const Tokens& tokens, Issuers& issuers,
                                                  const Credential& credential,
                                                  std::uint64_t now_s) {
  if (credential.bearer && !issuers.empty() && is_jwt(*credential.bearer))
    return issuers.identify(*credential.bearer, credential.certificate, now_s);
  if (credential.bearer) return by_token(tokens, *credential.bearer);
  CHECK(credential.certificate != nullptr);
  return by_certificate(tokens, *credential.certificate, now_s);
}

}  // namespace varve::api
