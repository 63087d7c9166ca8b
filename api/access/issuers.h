// All issuers of a server: whose token a JWT is, and whether it is right.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/access/authenticate.h"
#include "api/access/issuer.h"
#include "api/access/jwt_cache.h"

namespace varve::api {

/// Thread: any.
class Issuers {
 public:
  /// No two have one name. Each has keys.
  explicit Issuers(std::vector<IssuerOptions> issuers);

  /// Whether is_jwt() decides what a bearer token is. Where there is no issuer, all are static tokens.
  [[nodiscard]] bool empty() const { return issuers_.empty(); }
  /// Who presents this JWT on a connection with this certificate (null: it has none). Requires
  /// is_jwt(). Cost: of a token that was seen lately a hash, and a look at the issuer's keys; of another
  /// one a signature, once issuer, alg, typ and kid are right.
  std::variant<SharedIdentity, Denied> identify(std::string_view bearer,
                                                const PeerCertificate* shown, std::uint64_t now_s);

  [[nodiscard]] const std::vector<IssuerOptions>& all() const { return issuers_; }
  /// How many tokens are remembered.
  [[nodiscard]] std::size_t remembered() const { return cache_.size(); }

 private:
  std::variant<JwtCache::Shared, std::string_view> verify(std::string_view bearer) const;

  const std::vector<IssuerOptions> issuers_;
  JwtCache cache_;
};

}  // namespace varve::api
