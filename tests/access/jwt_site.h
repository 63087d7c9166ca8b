// An issuer of tokens, its keys, and a server's view of both.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/access/issuers.h"
#include "jwt_maker.h"

namespace varve::api {

inline constexpr std::uint64_t kJwtNow_s = 1'000'000;

/// Keys that a test changes.
struct HeldKeys : KeySource {
  SharedKeySet current() override { return keys; }
  void missed() override { ++misses; }
  [[nodiscard]] KeySourceStatus status() override { return {keys ? keys->size() : 0, 7, 0}; }
  void set(const std::string& json) {
    auto parsed = KeySet::parse(json);
    CHECK(parsed);
    keys = std::make_shared<const KeySet>(std::move(*parsed));
  }

  SharedKeySet keys;
  int misses = 0;
};

/// Made once: RSA keys are slow to make.
struct JwtKeys {
  JwtKey rsa = JwtKey::make(JwtKey::Type::kRsa);
  JwtKey p256 = JwtKey::make(JwtKey::Type::kP256);
  JwtKey p384 = JwtKey::make(JwtKey::Type::kP384);
  JwtKey ed25519 = JwtKey::make(JwtKey::Type::kEd25519);

  static const JwtKeys& get() {
    static const JwtKeys keys;
    return keys;
  }
  [[nodiscard]] const JwtKey& of(const std::string& alg) const {
    return alg == "ES256" ? p256 : alg == "EdDSA" ? ed25519 : rsa;
  }
  [[nodiscard]] static std::string kid_of(const std::string& alg) {
    return alg == "ES256" ? "ec" : alg == "EdDSA" ? "ed" : "rsa";
  }
  [[nodiscard]] std::string set() const {
    return jwk_set({rsa.jwk("rsa"), p256.jwk("ec"), p384.jwk("p384"), ed25519.jwk("ed")});
  }
};

class JwtSite : public ::testing::Test {
 protected:
  JwtSite() {
    held->set(keys.set());
    options.issuer = "https://idp.example.org";
    options.audiences = {"https://varve.example.org", "varve"};
    options.algorithms = {JwsAlgorithm::kRs256, JwsAlgorithm::kPs256, JwsAlgorithm::kEs256,
                          JwsAlgorithm::kEdDsa};
    options.grants = {{"scope", "append", {Roles::kAppend, {"x"}}}};
    options.keys = held;
  }

  [[nodiscard]] static Members claims(const Members& other = {}) {
    Members out = {{"iss", in_quotes("https://idp.example.org")},
                   {"aud", in_quotes("varve")},
                   {"exp", std::to_string(kJwtNow_s + 300)},
                   {"iat", std::to_string(kJwtNow_s)},
                   {"sub", in_quotes("subject-7")},
                   {"jti", in_quotes("id-7")},
                   {"client_id", in_quotes("ward-7")},
                   {"scope", in_quotes("openid append")}};
    return with(std::move(out), other);
  }
  [[nodiscard]] static Members header(const std::string& alg, const Members& other = {}) {
    Members out = {{"alg", in_quotes(alg)}, {"typ", in_quotes("at+jwt")}};
    out["kid"] = in_quotes(JwtKeys::kid_of(alg));
    return with(std::move(out), other);
  }
  /// An empty value takes the member out.
  static Members with(Members members, const Members& other) {
    for (const auto& [name, value] : other) {
      members[name] = value;
      if (value.empty()) members.erase(name);
    }
    return members;
  }
  [[nodiscard]] std::string token(const Members& claims_other = {}, const Members& head_other = {},
                                  const std::string& alg = "ES256") const {
    return keys.of(alg).token(alg, json_of(header(alg, head_other)), json_of(claims(claims_other)));
  }

  /// "accepted", or why it is refused. A server that has seen no token yet is asked.
  std::string ask(const std::string& bearer, std::uint64_t now_s = kJwtNow_s,
                  const PeerCertificate* shown = nullptr) {
    Issuers issuers({options});
    return ask(issuers, bearer, now_s, shown);
  }
  std::string ask(Issuers& issuers, const std::string& bearer, std::uint64_t now_s = kJwtNow_s,
                  const PeerCertificate* shown = nullptr) {
    if (!is_jwt(bearer)) return "no JWT";
    const auto verdict = issuers.identify(bearer, shown, now_s);
    if (const auto* denied = std::get_if<Denied>(&verdict)) {
      EXPECT_EQ(denied->tried, Proof::kJwt);
      return std::string{denied->reason};
    }
    who = *std::get_if<SharedIdentity>(&verdict);
    return "accepted";
  }

  const JwtKeys& keys = JwtKeys::get();
  std::shared_ptr<HeldKeys> held = std::make_shared<HeldKeys>();
  IssuerOptions options;
  SharedIdentity who;  // of the last token that was accepted
};

}  // namespace varve::api
