// Ed25519 through libsodium, P-256 through OpenSSL.
#include "tests/format/test_keys.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

namespace varve::format {

TestKey TestKey::ed25519(std::string name, int seed) {
  std::array<unsigned char, crypto_sign_SEEDBYTES> seed_bytes{};
  seed_bytes[0] = static_cast<unsigned char>(seed);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key;
  crypto_sign_seed_keypair(public_key.data(), secret_key.data(), seed_bytes.data());
  TestKey key;
  key.verifier_ = *make_verifier_key(std::move(name), Algorithm::kEd25519,
                                     std::as_bytes(std::span{public_key}));
  key.sign_ = [secret_key](Bytes message) {
    Buffer signature(crypto_sign_BYTES);
    crypto_sign_detached(u8(MutableBytes{signature}), nullptr, u8(message), message.size(),
                         secret_key.data());
    return signature;
  };
  return key;
}

TestKey TestKey::p256(std::string name) {
  const std::shared_ptr<EVP_PKEY> pair(EVP_EC_gen("P-256"), EVP_PKEY_free);
  unsigned char* der = nullptr;
  const int der_size = i2d_PUBKEY(pair.get(), &der);
  const Buffer public_key =
      to_buffer(std::as_bytes(std::span{der, static_cast<std::size_t>(der_size)}));
  OPENSSL_free(der);
  TestKey key;
  key.verifier_ = *make_verifier_key(std::move(name), Algorithm::kEcdsaP256, public_key);
  key.sign_ = [pair](Bytes message) {
    const std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pair.get());
    std::size_t size = 80;
    Buffer signature(size);
    EVP_DigestSign(context.get(), u8(MutableBytes{signature}), &size, u8(message), message.size());
    signature.resize(size);
    return signature;
  };
  return key;
}

TestKey TestKey::under(std::string name) const {
  TestKey key = *this;
  key.verifier_ = *make_verifier_key(std::move(name), verifier_.algorithm, verifier_.key);
  return key;
}

std::string signed_note(std::string text, std::initializer_list<const TestKey*> keys) {
  Note note{std::move(text), {}};
  for (const TestKey* key : keys) note.signatures.push_back(key->sign_note(note.text));
  return format_note(note);
}

}  // namespace varve::format
