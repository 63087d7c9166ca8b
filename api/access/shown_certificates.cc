// Dates against a clock that the caller has read.
#include "api/access/shown_certificates.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "ledger/base/month.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kSoonSeconds = 30 * 86'400;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

std::uint64_t seconds_since_1970(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  const std::time_t seconds = ::timegm(&parts);
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds);
}

std::string at(std::uint64_t seconds) {
  return time_text(seconds * 1'000'000);
}

}  // namespace

Validity validity_of(const X509& certificate) {
  return {seconds_since_1970(X509_get0_notBefore(&certificate)),
          seconds_since_1970(X509_get0_notAfter(&certificate))};
}

std::optional<std::string> trouble_with(const std::string& name, Validity validity,
                                        std::uint64_t now_s) {
  const std::string next = ": clients refuse it; replace it, then send SIGHUP";
  if (now_s < validity.not_before_s)
    return name + " is not valid before " + at(validity.not_before_s) + next;
  if (validity.expires_s <= now_s) return name + " expired on " + at(validity.expires_s) + next;
  if (validity.expires_s - now_s > kSoonSeconds) return std::nullopt;
  return name + " expires on " + at(validity.expires_s) + ": replace it before, then send SIGHUP";
}

std::string subject_of(const X509& certificate) {
  const std::unique_ptr<BIO, FreeBio> out(BIO_new(BIO_s_mem()));
  const unsigned long how = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, how) < 0)
    return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : std::string{};
}

TrustedAuthority authority_of(const X509& certificate) {
  return {subject_of(certificate), validity_of(certificate)};
}

std::optional<std::string> trouble_with(const std::string& use, const TrustedAuthority& authority,
                                        std::uint64_t now_s) {
  const std::string subject = authority.subject.empty() ? "" : " " + authority.subject;
  const std::string name = "the CA" + subject + " of " + use;
  const Validity& validity = authority.validity;
  const std::string next =
      ": whatever it vouches for is refused; give the file its successor, then send SIGHUP";
  if (now_s < validity.not_before_s)
    return name + " is not valid before " + at(validity.not_before_s) + next;
  if (validity.expires_s <= now_s) return name + " expired on " + at(validity.expires_s) + next;
  if (validity.expires_s - now_s > kSoonSeconds) return std::nullopt;
  return name + " expires on " + at(validity.expires_s) +
         ": add its successor to the file before, then send SIGHUP";
}

void ShownCertificates::trust(const std::string& use, std::vector<TrustedAuthority> authorities) {
  const MutexLock lock(mutex_);
  if (authorities.empty())
    trusted_.erase(use);
  else
    trusted_[use] = std::move(authorities);
}

std::map<std::string, std::vector<TrustedAuthority>> ShownCertificates::trusted() const {
  const MutexLock lock(mutex_);
  return trusted_;
}

void ShownCertificates::show(const std::string& listener, Validity validity) {
  const MutexLock lock(mutex_);
  shown_[listener] = validity;
}

std::vector<ShownCertificates::Shown> ShownCertificates::all() const {
  const MutexLock lock(mutex_);
  std::vector<Shown> out;
  for (const auto& [listener, validity] : shown_) out.push_back({listener, validity});
  return out;
}

std::vector<std::string> ShownCertificates::troubles(std::uint64_t now_s, For reader) const {
  const bool all_of_it = reader == For::kOperator;

  std::vector<std::string> out;
  for (const Shown& one : all())
    if (auto trouble = trouble_with("the certificate of " + one.listener, one.validity, now_s))
      out.push_back(std::move(*trouble));
  for (const auto& [use, authorities] : trusted()) {
    const bool hidden = !all_of_it && use.starts_with("issuer ");
    for (TrustedAuthority authority : authorities) {
      if (!all_of_it) authority.subject.clear();
      auto trouble = trouble_with(hidden ? "an issuer" : use, authority, now_s);
      if (trouble) out.push_back(std::move(*trouble));
    }
  }
  return out;
}

}  // namespace varve::api
