// Dates of an X.509 certificate against the machine's clock.
#include "tools/varved/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "ledger/env/posix.h"
#include "tools/common/files.h"

namespace varve::tools {
namespace {

constexpr std::size_t kPemMax = 1u << 20;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

}  // namespace

Result<std::vector<api::TrustedAuthority>> authorities_in(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer pem, read_file(path, kPemMax));
  const std::unique_ptr<BIO, FreeBio> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<api::TrustedAuthority> out;
  for (;;) {
    const std::unique_ptr<X509, FreeCertificate> one(
        PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    out.push_back(api::authority_of(*one));
  }
  ERR_clear_error();
  if (out.empty()) return invalid(path + " has no certificate in PEM");
  return out;
}

Result<std::optional<std::string>> warn_of_certificate(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer pem, read_file(path, kPemMax));
  const std::unique_ptr<BIO, FreeBio> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, FreeCertificate> certificate(
      PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) return invalid(path + " has no certificate in PEM");
  return api::trouble_with(path, api::validity_of(*certificate),
                           env::posix_clock().now_us() / 1'000'000);
}

}  // namespace varve::tools
