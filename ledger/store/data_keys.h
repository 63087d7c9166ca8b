// The data keys of segments: made here, wrapped in the HSM under the key of a month, and unwrapped
// when a segment is read. Each lives in locked memory until the log is closed.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/random.h"
#include "ledger/env/secret.h"
#include "ledger/env/signer.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// YYYYMM in UTC. Source: the proleptic Gregorian calendar, as POSIX counts days.
std::uint32_t month_of(std::uint64_t time_us);

/// Thread: any.
class DataKeys {
 public:
  /// `kek_prefix` + "/2026-11" is the label of a month's key.
  DataKeys(env::KeyVault& vault, env::Random& random, std::string kek_prefix)
      : vault_(vault), random_(random), kek_prefix_(std::move(kek_prefix)) {}

  /// A new data key; fills the header's label and wrapped key. Errors: as KeyVault::wrap.
  Result<env::SecretBytes> create(SegmentHeader& header);
  /// One asks the token at a time. A token that hangs must not hold everyone who reads: who does not get
  /// his turn within a moment gets kBusy.  Errors: as KeyVault::unwrap.
  Result<std::shared_ptr<const env::SecretBytes>> get(const SegmentHeader& header);

 private:
  /// Null when it was not unwrapped yet. Under mutex_.
  [[nodiscard]] std::shared_ptr<const env::SecretBytes> known(std::uint64_t ordinal) const;
  Result<std::shared_ptr<const env::SecretBytes>> unwrap(const SegmentHeader& header);

  env::KeyVault& vault_;
  env::Random& random_;
  std::string kek_prefix_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable turn_;
  bool unwrapping_ = false;  // someone waits for the token
  std::map<std::uint64_t, std::shared_ptr<const env::SecretBytes>> by_ordinal_;
};

}  // namespace varve::store
