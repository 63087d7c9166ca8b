// The certificates that the server shows its clients, and those of CAs by which it verifies others, and until when
// they hold. A server runs on after one has expired, and no client can say why it does not connect: so the server
// says it before.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/base/mutex.h"

namespace varve::api {

/// In seconds since 1970.
struct Validity {
  std::uint64_t not_before_s = 0;
  std::uint64_t expires_s = 0;
};

/// A date that cannot be read is 0: such a certificate counts as expired.
Validity validity_of(const X509& certificate);

/// What an operator has to know of a certificate that is not valid yet, has expired, or expires within 30 days;
/// nullopt: nothing. `name` begins the sentence.
std::optional<std::string> trouble_with(const std::string& name, Validity validity,
                                        std::uint64_t now_s);

/// The subject as RFC 4514 has it. Control characters and what has a meaning there are escaped: no two are one text.
std::string subject_of(const X509& certificate);

/// The certificate of a CA by which others are verified.
struct TrustedAuthority {
  std::string subject;
  Validity validity;
};
TrustedAuthority authority_of(const X509& certificate);
/// As trouble_with(). `use`: who verifies by it, as ShownCertificates::trust(). Without a subject none is named.
std::optional<std::string> trouble_with(const std::string& use, const TrustedAuthority& authority,
                                        std::uint64_t now_s);

/// Thread: any. What was loaded counts, not what is in a file that nobody has read again.
class ShownCertificates {
 public:
  struct Shown {
    std::string listener;  // "https:8443", "relp-tls:2514"
    Validity validity;
  };

  /// From now on that listener shows one with these dates.
  void show(const std::string& listener, Validity validity);
  /// From now on that use verifies by these: "clients of https:8443", "issuer https://idp.example.org". None: by none
  /// that the configuration names.
  void trust(const std::string& use, std::vector<TrustedAuthority> authorities);
  /// By their uses; none is empty.
  [[nodiscard]] std::map<std::string, std::vector<TrustedAuthority>> trusted() const;
  /// By their listeners.
  [[nodiscard]] std::vector<Shown> all() const;
  /// A sentence for each that has a trouble, shown or trusted. For whom: subjects and issuers are the operator's, and
  /// everybody learns the date alone.
  enum class For : std::uint8_t { kOperator, kEverybody };
  [[nodiscard]] std::vector<std::string> troubles(std::uint64_t now_s,
                                                  For reader = For::kOperator) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Validity> shown_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<TrustedAuthority>> trusted_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
