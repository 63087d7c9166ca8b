// An issuer of tokens whose keys and signatures are OpenSSL's: what the server verifies with rhonabwy
// (GnuTLS) was made by somebody else.
#pragma once

#include <openssl/evp.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/access/base64url.h"

namespace varve::api {

/// Members of a JSON object in order, by name: values are JSON.
using Members = std::map<std::string, std::string>;
std::string json_of(const Members& members);
/// `text` in quotes.
std::string in_quotes(std::string_view text);

class JwtKey {
 public:
  enum class Type { kRsa, kP256, kP384, kEd25519 };
  static JwtKey make(Type type);

  /// The public half as a JWK. `further`: members more, or instead.
  [[nodiscard]] std::string jwk(const std::string& kid, const Members& further = {}) const;
  /// The public half as PEM.
  [[nodiscard]] std::string pem() const;
  /// As RFC 7518 has it; of P-256 and P-384 r and s one after the other.
  [[nodiscard]] std::string sign(const std::string& alg, std::string_view text) const;
  /// ECDSA's own form, DER.
  [[nodiscard]] std::string sign_der(std::string_view text) const;
  /// header.claims.signature
  [[nodiscard]] std::string token(const std::string& alg, const std::string& header,
                                  const std::string& claims) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  JwtKey(Type type, EVP_PKEY* key) : type_(type), key_(key, Free{}) {}

  Type type_;
  std::shared_ptr<EVP_PKEY> key_;
};

/// {"keys":[...]}
std::string jwk_set(std::initializer_list<std::string> keys);

/// HMAC-SHA-256 under `secret`, as HS256 has it.
std::string hs256_token(const std::string& secret, const std::string& header,
                        const std::string& claims);

}  // namespace varve::api
