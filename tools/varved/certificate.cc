// Dates of an X.509 certificate against the machine's clock.
#include "tools/varved/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "tools/common/files.h"

namespace varve::tools {
namespace {

constexpr std::size_t kPemMax = 1u << 20;
constexpr int kSoonDays = 14;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

/// "Nov 28 17:22:15 2026 GMT"
std::string text_of_time(const ASN1_TIME* time) {
  const std::unique_ptr<BIO, FreeBio> out(BIO_new(BIO_s_mem()));
  char text[64];
  if (!out || ASN1_TIME_print(out.get(), time) != 1) return "an unknown day";
  const int length = BIO_read(out.get(), text, sizeof text);
  return {text, static_cast<std::size_t>(length > 0 ? length : 0)};
}

}  // namespace

Result<std::optional<std::string>> warn_of_certificate(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer pem, read_file(path, kPemMax));
  const std::unique_ptr<BIO, FreeBio> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, FreeCertificate> certificate(
      PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) return invalid(path + " has no certificate in PEM");
  const ASN1_TIME* const begin = X509_get0_notBefore(certificate.get());
  const ASN1_TIME* const end = X509_get0_notAfter(certificate.get());
  const std::string next = ": clients refuse it; replace it, then send SIGHUP";
  if (X509_cmp_current_time(begin) > 0)
    return std::optional{path + " is not valid before " + text_of_time(begin) + next};
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) != 1)
    return invalid(path + " has no date on which it ends");
  if (days < 0 || seconds < 0)
    return std::optional{path + " expired on " + text_of_time(end) + next};
  if (days >= kSoonDays) return std::optional<std::string>{};
  return std::optional{path + " expires on " + text_of_time(end) +
                       ": replace it before, then send SIGHUP"};
}

}  // namespace varve::tools
