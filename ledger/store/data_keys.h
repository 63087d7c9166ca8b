// The data keys of segments: made here, wrapped in the HSM under the key of a month, and unwrapped
// when a segment is read. Each lives in locked memory until the log is closed. The wrapped key is in
// the segment's header; once it was wrapped anew, in the month's file (month_keys.h).
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/random.h"
#include "ledger/env/secret.h"
#include "ledger/env/signer.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// `kek_prefix` + "/2026-11": the label of the month's first key-encryption key.
std::string first_label(const std::string& kek_prefix, std::uint32_t month);

/// Asks the token, by the month's file or by the header. Errors: as DataKeys::get, but for its turn.
Result<env::SecretBytes> unwrap_data_key(const env::Filesystem& files, env::KeyVault& vault,
                                         const SegmentHeader& header);

/// Thread: any.
class DataKeys {
 public:
  /// `files` are the log's.
  DataKeys(const env::Filesystem& files, env::KeyVault& vault, env::Random& random,
           std::string kek_prefix)
      : files_(files), vault_(vault), random_(random), kek_prefix_(std::move(kek_prefix)) {}

  /// A new data key; fills the header's label and wrapped key. Errors: as KeyVault::wrap; kCorrupt
  /// the month's file is damaged.
  Result<env::SecretBytes> create(SegmentHeader& header);
  /// One asks the token at a time. A token that hangs must not hold everyone who reads: who does not get
  /// his turn within a moment gets kBusy.  Errors: as KeyVault::unwrap;
  /// kCorrupt  the month's file is damaged, and the key is nowhere else.
  Result<std::shared_ptr<const env::SecretBytes>> get(const SegmentHeader& header);

 private:
  /// Null when it was not unwrapped yet. Under mutex_.
  [[nodiscard]] std::shared_ptr<const env::SecretBytes> known(std::uint64_t ordinal) const;
  Result<std::shared_ptr<const env::SecretBytes>> unwrap(const SegmentHeader& header);

  const env::Filesystem& files_;
  env::KeyVault& vault_;
  env::Random& random_;
  std::string kek_prefix_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable turn_;
  bool unwrapping_ = false;  // someone waits for the token
  std::map<std::uint64_t, std::shared_ptr<const env::SecretBytes>> by_ordinal_;
};

}  // namespace varve::store
