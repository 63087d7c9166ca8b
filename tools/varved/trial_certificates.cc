// OpenSSL: two keys, two certificates, one signature on each.
#include "tools/varved/trial_certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "ledger/env/posix.h"

namespace varve::tools {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeExtension {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
struct FreeMemory {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;
using Certificate = std::unique_ptr<X509, FreeX509>;
using Memory = std::unique_ptr<BIO, FreeMemory>;
using Extensions = std::vector<std::pair<int, std::string>>;  // NID, and its value as OpenSSL's
                                                              // configuration spells it

constexpr long kDayS = 86'400;

Error no_certificate() {
  return io_error("OpenSSL could not make a certificate");
}

bool is_ip_address(const std::string& text) {
  in6_addr unused{};
  return ::inet_pton(AF_INET, text.c_str(), &unused) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &unused) == 1;
}

bool is_dns_name(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, plain);
}

/// "DNS:localhost,IP:127.0.0.1". What could end a name and begin another is in neither kind.
Result<std::string> alternative_names(const std::vector<std::string>& hosts) {
  std::string names;
  for (const std::string& host : hosts) {
    const bool address = is_ip_address(host);
    if (!address && !is_dns_name(host))
      return invalid("\"" + host + "\" is neither a DNS name nor an IP address");
    names.append(names.empty() ? "" : ",").append(address ? "IP:" : "DNS:").append(host);
  }
  return names;
}

/// A random serial number of 127 bits, and two dates.
bool set_serial_and_dates(X509& certificate) {
  std::array<unsigned char, 16> serial{};
  env::system_random().fill(std::as_writable_bytes(std::span{serial}));
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
      BN_bin2bn(serial.data(), serial.size(), nullptr), &BN_free);
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) &&
         X509_gmtime_adj(X509_getm_notBefore(&certificate), -kDayS) &&
         X509_gmtime_adj(X509_getm_notAfter(&certificate), kTrialDays * kDayS);
}

bool set_name(X509_NAME* name, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                    -1, 0) == 1;
}

bool add_extensions(X509& certificate, X509& issuer, const Extensions& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  return std::ranges::all_of(extensions, [&](const auto& extension) {
    const std::unique_ptr<X509_EXTENSION, FreeExtension> made(
        X509V3_EXT_conf_nid(nullptr, &context, extension.first, extension.second.c_str()));
    return made && X509_add_ext(&certificate, made.get(), -1) == 1;
  });
}

/// Signed by `issuer`, or by itself where that is null.
Result<Certificate> make_certificate(const std::string& common_name, EVP_PKEY& key, X509* issuer,
                                     EVP_PKEY& issuer_key, const Extensions& extensions) {
  Certificate made(X509_new());
  if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1 || !set_serial_and_dates(*made) ||
      !set_name(X509_get_subject_name(made.get()), common_name) ||
      X509_set_pubkey(made.get(), &key) != 1)
    return no_certificate();
  X509& by = issuer == nullptr ? *made : *issuer;
  if (X509_set_issuer_name(made.get(), X509_get_subject_name(&by)) != 1 ||
      !add_extensions(*made, by, extensions) ||
      X509_sign(made.get(), &issuer_key, EVP_sha256()) == 0)
    return no_certificate();
  return made;
}

std::string text_in(BIO& memory) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(&memory, &data);
  return {data, static_cast<std::size_t>(length)};
}

Result<std::string> pem_of(X509& certificate) {
  const Memory out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), &certificate) != 1) return no_certificate();
  return text_in(*out);
}

Result<std::string> pem_of_key(EVP_PKEY& key) {
  const Memory out(BIO_new(BIO_s_secmem()));
  if (!out ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return no_certificate();
  return text_in(*out);
}

}  // namespace

Result<TrialCertificates> make_trial_certificates(const std::vector<std::string>& hosts) {
  ASSIGN_OR_RETURN(const std::string names, alternative_names(hosts));
  const PrivateKey authority_key(EVP_EC_gen("P-256"));
  const PrivateKey key(EVP_EC_gen("P-256"));
  if (!authority_key || !key) return no_certificate();
  ASSIGN_OR_RETURN(
      const Certificate authority,
      make_certificate("Varve trial authority", *authority_key, nullptr, *authority_key,
                       {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                        {NID_subject_key_identifier, "hash"}}));
  ASSIGN_OR_RETURN(const Certificate certificate,
                   make_certificate(hosts.front(), *key, authority.get(), *authority_key,
                                    {{NID_basic_constraints, "critical,CA:FALSE"},
                                     {NID_key_usage, "critical,digitalSignature"},
                                     {NID_ext_key_usage, "serverAuth"},
                                     {NID_subject_key_identifier, "hash"},
                                     {NID_authority_key_identifier, "keyid"},
                                     {NID_subject_alt_name, names}}));
  TrialCertificates out;
  ASSIGN_OR_RETURN(out.authority, pem_of(*authority));
  ASSIGN_OR_RETURN(out.certificate, pem_of(*certificate));
  ASSIGN_OR_RETURN(out.key, pem_of_key(*key));
  return out;
}

std::vector<std::string> trial_hosts(const std::string& address,
                                     const std::vector<std::string>& more) {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1"};
  const auto add = [&](const std::string& host) {
    if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
  };
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0 && is_dns_name(name.data()))
    add(name.data());
  if (is_ip_address(address) && address != "0.0.0.0" && address != "::") add(address);
  for (const std::string& host : more) add(host);
  return hosts;
}

}  // namespace varve::tools
