// The cache in front of issuer.h.
#include "api/access/issuers.h"

#include <algorithm>

#include "ledger/merkle/tree.h"

namespace varve::api {
namespace {

constexpr std::size_t kRemembered = 4096;  // of a client name, roles and a few texts each

}  // namespace

Issuers::Issuers(std::vector<IssuerOptions> issuers)
    : issuers_(std::move(issuers)), cache_(kRemembered) {}

std::variant<JwtCache::Shared, std::string_view> Issuers::verify(std::string_view bearer) const {
  const auto parts = split_jwt(bearer);
  if (const auto* why = std::get_if<std::string_view>(&parts)) return *why;
  const Jwt& jwt = *std::get_if<Jwt>(&parts);
  const auto named = jwt.claims.text("iss");
  const auto issuer = std::ranges::find(issuers_, named.value_or(""), &IssuerOptions::issuer);
  if (!named || issuer == issuers_.end()) return "the JWT has an issuer that is not configured";
  auto verdict = verify_jwt(*issuer, jwt, std::string{bearer});
  if (const auto* why = std::get_if<std::string_view>(&verdict)) return *why;
  return std::make_shared<const JwtCache::Entry>(
      JwtCache::Entry{&*issuer, std::move(*std::get_if<VerifiedJwt>(&verdict))});
}

std::variant<SharedIdentity, Denied> Issuers::identify(std::string_view bearer,
                                                       const PeerCertificate* shown,
                                                       std::uint64_t now_s) {
  const Hash hash = merkle::sha256(bytes_of(bearer));
  JwtCache::Shared entry = cache_.find(hash);
  // With other keys than it was verified with, it is verified again: its key may have left.
  const bool seen = entry && entry->jwt.keys == entry->issuer->keys->current();
  if (!seen) {
    auto verified = verify(bearer);
    if (const auto* why = std::get_if<std::string_view>(&verified)) {
      cache_.drop(hash);
      return Denied{Proof::kJwt, *why};
    }
    entry = std::move(*std::get_if<JwtCache::Shared>(&verified));
  }
  if (const auto why = why_unusable(entry->jwt, shown, now_s)) {
    if (now_s >= entry->jwt.identity->expires_s) cache_.drop(hash);
    return Denied{Proof::kJwt, *why};
  }
  if (!seen) cache_.keep(hash, entry);
  return entry->jwt.identity;
}

}  // namespace varve::api
