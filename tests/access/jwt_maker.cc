// EVP, and JOSE's spellings of what it makes.
#include "jwt_maker.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <vector>

#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string number(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* raw = nullptr;
  CHECK(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> value(raw, &BN_free);
  std::string out(static_cast<std::size_t>(size == 0 ? BN_num_bytes(raw) : size), '\0');
  CHECK(BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(out.data()),
                     static_cast<int>(out.size())) >= 0);
  return in_quotes(base64url(out));
}

std::string raw_public(const EVP_PKEY* key) {
  std::array<unsigned char, 32> out{};
  std::size_t size = out.size();
  CHECK(EVP_PKEY_get_raw_public_key(key, out.data(), &size) == 1);
  return in_quotes(base64url({reinterpret_cast<const char*>(out.data()), size}));
}

std::string digest_sign(EVP_PKEY* key, const EVP_MD* digest, bool pss, std::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  CHECK(EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, key) == 1);
  if (pss)
    CHECK(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
  std::size_t size = 0;
  CHECK(EVP_DigestSign(context.get(), nullptr, &size, bytes(text), text.size()) == 1);
  std::string out(size, '\0');
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       bytes(text), text.size()) == 1);
  out.resize(size);
  return out;
}

std::string r_and_s(const std::string& der, int size) {
  const unsigned char* in = bytes(der);
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts(
      d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())), &ECDSA_SIG_free);
  CHECK(parts != nullptr);
  std::string out(static_cast<std::size_t>(2 * size), '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), to, size) == size);
  CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), to + size, size) == size);
  return out;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return "\"" + std::string{text} + "\"";
}

std::string json_of(const Members& members) {
  std::string out;
  for (const auto& [name, value] : members)
    out.append(out.empty() ? "{" : ",").append(in_quotes(name)).append(":").append(value);
  return out.empty() ? "{}" : out + "}";
}

JwtKey JwtKey::make(Type type) {
  EVP_PKEY* key = nullptr;
  if (type == Type::kRsa) key = EVP_RSA_gen(2048);
  if (type == Type::kP256) key = EVP_EC_gen("P-256");
  if (type == Type::kP384) key = EVP_EC_gen("P-384");
  if (type == Type::kEd25519) key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  CHECK(key != nullptr);
  return {type, key};
}

std::string JwtKey::jwk(const std::string& kid, const Members& further) const {
  Members members = {{"kid", in_quotes(kid)}};
  const EVP_PKEY* key = key_.get();
  const int size = type_ == Type::kP384 ? 48 : 32;
  switch (type_) {
    case Type::kRsa:
      members.insert({{"kty", in_quotes("RSA")},
                      {"n", number(key, OSSL_PKEY_PARAM_RSA_N)},
                      {"e", number(key, OSSL_PKEY_PARAM_RSA_E)}});
      break;
    case Type::kP256:
    case Type::kP384:
      members.insert({{"kty", in_quotes("EC")},
                      {"crv", in_quotes(type_ == Type::kP256 ? "P-256" : "P-384")},
                      {"x", number(key, OSSL_PKEY_PARAM_EC_PUB_X, size)},
                      {"y", number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size)}});
      break;
    case Type::kEd25519:
      members.insert(
          {{"kty", in_quotes("OKP")}, {"crv", in_quotes("Ed25519")}, {"x", raw_public(key)}});
      break;
  }
  for (const auto& [name, value] : further) members[name] = value;
  return json_of(members);
}

std::string JwtKey::pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  CHECK(out && PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string JwtKey::sign_der(std::string_view text) const {
  return digest_sign(key_.get(), EVP_sha256(), false, text);
}

std::string JwtKey::sign(const std::string& alg, std::string_view text) const {
  if (type_ == Type::kRsa) return digest_sign(key_.get(), EVP_sha256(), alg == "PS256", text);
  if (type_ == Type::kEd25519) return digest_sign(key_.get(), nullptr, false, text);
  return r_and_s(sign_der(text), type_ == Type::kP384 ? 48 : 32);
}

std::string JwtKey::token(const std::string& alg, const std::string& header,
                          const std::string& claims) const {
  const std::string text = base64url(header) + "." + base64url(claims);
  return text + "." + base64url(sign(alg, text));
}

std::string jwk_set(std::initializer_list<std::string> keys) {
  std::string out;
  for (const std::string& key : keys) out.append(out.empty() ? "" : ",").append(key);
  return "{\"keys\":[" + out + "]}";
}

std::string hs256_token(const std::string& secret, const std::string& header,
                        const std::string& claims) {
  const std::string text = base64url(header) + "." + base64url(claims);
  std::array<unsigned char, 32> mac{};
  unsigned int size = 0;
  CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(text), text.size(),
             mac.data(), &size) != nullptr);
  return text + "." + base64url({reinterpret_cast<const char*>(mac.data()), size});
}

}  // namespace varve::api
