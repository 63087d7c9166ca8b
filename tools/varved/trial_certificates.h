// A certificate authority and a server certificate for trying Varve, where nobody has real ones yet.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

inline constexpr int kTrialDays = 365;

/// PEM texts. `key` is a secret.
struct TrialCertificates {
  std::string authority;    // which clients trust
  std::string certificate;  // of the server, by that authority
  std::string key;          // of the server
};

/// P-256, valid from a day ago for kTrialDays. The authority's key signs the one certificate and is
/// gone when this returns, so that nobody can make another that those clients trust.
/// `hosts`: DNS names and IP addresses that the server is reached by, at least one.
/// Errors: kInvalid  a host that is neither.  kIo  OpenSSL fails.
Result<TrialCertificates> make_trial_certificates(const std::vector<std::string>& hosts);

/// "localhost", the loopback addresses, this host's name where it is a DNS name, `address` where it is
/// one that clients can reach, and `more`; each once.
std::vector<std::string> trial_hosts(const std::string& address,
                                     const std::vector<std::string>& more);

}  // namespace varve::tools
