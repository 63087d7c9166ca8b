// Ed25519 through libsodium, P-256 through OpenSSL. Both refuse more than one spelling of a key or
// of a signature's encoding.
#include "ledger/format/public_key.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <memory>

namespace varve::format {
namespace {

// SubjectPublicKeyInfo { id-ecPublicKey, prime256v1 }, BIT STRING, uncompressed point. RFC 5480
constexpr std::array<std::uint8_t, 27> kP256Prefix{
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
constexpr std::size_t kP256KeySize = kP256Prefix.size() + 64;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// Null when it is not such a key. OpenSSL checks that the point is on the curve.
Key read_p256_key(Bytes key) {
  if (key.size() != kP256KeySize ||
      !std::ranges::equal(key.first(kP256Prefix.size()), std::as_bytes(std::span{kP256Prefix})))
    return nullptr;
  const unsigned char* at = u8(key);
  return Key(d2i_PUBKEY(nullptr, &at, static_cast<long>(key.size())));
}

}  // namespace

bool is_ed25519_key(Bytes key) {
  return key.size() == crypto_sign_ed25519_PUBLICKEYBYTES &&
         crypto_core_ed25519_is_valid_point(u8(key)) == 1;
}

bool is_p256_key(Bytes key) {
  return read_p256_key(key) != nullptr;
}

bool ed25519_verifies(Bytes key, Bytes message, Bytes signature) {
  return key.size() == crypto_sign_ed25519_PUBLICKEYBYTES &&
         signature.size() == crypto_sign_ed25519_BYTES &&
         crypto_sign_ed25519_verify_detached(u8(signature), u8(message), message.size(), u8(key)) ==
             0;
}

bool p256_verifies(Bytes key, Bytes message, Bytes signature) {
  const Key public_key = read_p256_key(key);
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  return public_key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, public_key.get()) ==
             1 &&
         EVP_DigestVerify(context.get(), u8(signature), signature.size(), u8(message),
                          message.size()) == 1;
}

}  // namespace varve::format
