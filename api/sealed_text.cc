// OpenSSL's AES-256-GCM: nonce, ciphertext, tag.
#include "api/sealed_text.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "ledger/base/check.h"
#include "ledger/base/text.h"
#include "ledger/base/types.h"
#include "ledger/env/posix.h"

namespace varve::api {
namespace {

constexpr std::size_t kSealNonce = 12;
constexpr std::size_t kSealTag = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* cipher) const { ::EVP_CIPHER_CTX_free(cipher); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

/// Made when it is first needed: what was sealed ends with the server's run.
const Hash& sealing_key() {
  static const Hash key = [] {
    Hash made;
    env::system_random().fill(made.bytes);
    return made;
  }();
  return key;
}

Cipher start_cipher(bool seals, Bytes nonce, std::string_view bound_to) {
  Cipher cipher(::EVP_CIPHER_CTX_new());
  CHECK(cipher != nullptr);
  CHECK(::EVP_CipherInit_ex(cipher.get(), ::EVP_aes_256_gcm(), nullptr, u8(sealing_key().view()),
                            u8(nonce), seals ? 1 : 0) == 1);
  int length = 0;
  CHECK(::EVP_CipherUpdate(cipher.get(), nullptr, &length, u8(bytes_of(bound_to)),
                           static_cast<int>(bound_to.size())) == 1);
  return cipher;
}

/// base64url. Source: RFC 4648 section 5
std::string for_a_url(Bytes bytes) {
  std::string text = base64(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

Result<Buffer> from_a_url(std::string text) {
  if (text.find_first_of("+/=") != std::string::npos) return invalid("not base64url");
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return decode_base64(text);
}

}  // namespace

std::string seal_text(Bytes plain, std::string_view bound_to) {
  Buffer sealed(kSealNonce + plain.size() + kSealTag);
  const MutableBytes all{sealed};
  env::system_random().fill(all.first(kSealNonce));
  const Cipher cipher = start_cipher(true, all.first(kSealNonce), bound_to);
  int length = 0;
  CHECK(::EVP_CipherUpdate(cipher.get(), u8(all.subspan(kSealNonce)), &length, u8(plain),
                           static_cast<int>(plain.size())) == 1);
  CHECK(::EVP_CipherFinal_ex(cipher.get(), nullptr, &length) == 1);
  CHECK(::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kSealTag,
                              all.last(kSealTag).data()) == 1);
  return for_a_url(sealed);
}

Result<Buffer> open_text(std::string_view text, std::string_view bound_to) {
  const auto sealed = from_a_url(std::string(text));
  if (!sealed || sealed->size() < kSealNonce + kSealTag) return invalid("it was not sealed here");
  const Bytes all{*sealed};
  Buffer tag = to_buffer(all.last(kSealTag));
  const Bytes body = all.subspan(kSealNonce, all.size() - kSealNonce - kSealTag);
  const Cipher cipher = start_cipher(false, all.first(kSealNonce), bound_to);
  Buffer plain(body.size());
  int length = 0;
  CHECK(::EVP_CipherUpdate(cipher.get(), u8(MutableBytes{plain}), &length, u8(body),
                           static_cast<int>(body.size())) == 1);
  CHECK(::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kSealTag, tag.data()) == 1);
  if (::EVP_CipherFinal_ex(cipher.get(), nullptr, &length) != 1)
    return invalid("it was not sealed here");
  return plain;
}

}  // namespace varve::api
