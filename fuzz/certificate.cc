// What a client's certificate says of whose it is: nothing but text that one can see.
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "api/access/tokens.h"
#include "api/net/client_certificate.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Signed by a key that is the same each time.
Buffer certificate(const char* name, const char* alternative_names) {
  const Buffer secret(32, std::byte{7});
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, u8(Bytes{secret}), secret.size()),
      &EVP_PKEY_free);
  const Certificate made(X509_new(), &X509_free);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_names),
      &X509_EXTENSION_free);
  CHECK(key && made && names && X509_set_version(made.get(), 2) == 1 &&
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1 &&
        ASN1_TIME_set_string(X509_getm_notBefore(made.get()), "20260101000000Z") == 1 &&
        ASN1_TIME_set_string(X509_getm_notAfter(made.get()), "20270101000000Z") == 1 &&
        X509_set_pubkey(made.get(), key.get()) == 1 &&
        X509_add_ext(made.get(), names.get(), -1) == 1 &&
        X509_sign(made.get(), key.get(), nullptr) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(made.get(), &der);
  CHECK(size > 0);
  Buffer out = to_buffer(bytes_of(
      std::string_view{reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)}));
  OPENSSL_free(der);
  return out;
}

}  // namespace

bool accepts(Bytes in) {
  const unsigned char* begin = u8(in);
  const Certificate parsed(d2i_X509(nullptr, &begin, static_cast<long>(in.size())), &X509_free);
  if (!parsed) return false;
  const auto shown = api::read_certificate(*parsed);
  if (!shown) return false;
  for (const std::string& name : shown->names) CHECK(is_visible(name));
  CHECK(std::ranges::none_of(shown->subject,
                             [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }));
  CHECK(!api::Tokens().with_certificate(*shown).identity);
  return true;
}

std::vector<Buffer> seeds() {
  return {
      certificate("ward 7, \xc3\xa4\n+",
                  "DNS:ward-7.example.org,URI:urn:ward:7,email:w@example.org"),
      certificate("x", "IP:192.0.2.1,RID:1.2.3.4,otherName:1.2.3.4;UTF8:x"),
  };
}

}  // namespace varve::fuzz
