// Time-stamping authorities that tests make with the openssl program: an implementation that is not
// ours signs what ours has to accept, and what it has to refuse.
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/bytes.h"

namespace varve::format {

/// A directory with a key, a certificate and a configuration, in which openssl runs.
class TimeAuthority {
 public:
  struct Settings {
    std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";  // of openssl req
    std::string extensions = "extendedKeyUsage = critical,timeStamping";
    std::string signer_digest = "sha256";
    std::string certificate_digest = "sha256";  // by which the signer names its certificate
    std::string accuracy = "secs:1";
    std::string since = "";  // its certificate's beginning, as 2005-01-01 00:00:00; empty: now
  };
  explicit TimeAuthority(const Settings& settings);
  TimeAuthority() : TimeAuthority(Settings{}) {}
  TimeAuthority(const TimeAuthority&) = delete;
  TimeAuthority& operator=(const TimeAuthority&) = delete;
  ~TimeAuthority();

  [[nodiscard]] const std::string& path() const { return directory_; }
  /// A token of `openssl ts` over `text`.
  [[nodiscard]] Buffer token(const std::string& text,
                             const std::string& query = "-sha256 -cert") const;
  /// The TimeStampResp of `openssl ts` to a TimeStampReq, by a clock that is so many seconds ahead.
  [[nodiscard]] Buffer reply(Bytes query, std::int64_t ahead_s = 0) const;
  /// What `openssl ARGUMENTS` does in the directory. CHECKs that it succeeds.
  void openssl(const std::string& arguments, const std::string& under = "") const;
  [[nodiscard]] Buffer file(const std::string& name) const;
  void write(const std::string& name, Bytes bytes) const;
  /// SHA-256 of the key's SubjectPublicKeyInfo, as openssl computes it.
  [[nodiscard]] std::string key_hash() const;

 private:
  std::string directory_;
};

}  // namespace varve::format
