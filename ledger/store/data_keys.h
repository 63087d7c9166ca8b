// The data keys of segments: made here, wrapped in the HSM under the key of a month, and unwrapped
// when a segment is read. A bounded number of them stays in locked memory (key_cache.h); the others
// are unwrapped again. The wrapped key is in the segment's header; once it was wrapped anew, in the
// month's file (month_keys.h).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/random.h"
#include "ledger/env/secret.h"
#include "ledger/env/signer.h"
#include "ledger/store/key_cache.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// `kek_prefix` + "/2026-11": the label of the month's first key-encryption key. Of a key period of a
/// draft log `kek_prefix` + "/p29934123".
std::string first_label(const std::string& kek_prefix, KeyPeriod period);

/// Whether the answer is settled: no key that is there unwraps the data key, and asking again gives
/// the same. Any other error (the token is away, slow, or refuses; the disk fails) says nothing of
/// the key.
bool is_gone(const Error& error);

/// Asks the token, by the month's file or by the header.
/// Errors: kNotFound  the key-encryption key is gone.  kCorrupt  one of that name is there, but it
/// is
///         another: this data key is as lost.  Also: the month's file is damaged, and the key is
///         nowhere else.  Others as KeyVault::unwrap.
Result<env::SecretBytes> unwrap_data_key(const env::Filesystem& files, env::KeyVault& vault,
                                         const SegmentHeader& header);

/// Thread: any.
class DataKeys {
 public:
  /// `files` are the log's.
  DataKeys(const env::Filesystem& files, env::KeyVault& vault, env::Random& random,
           std::string kek_prefix, std::size_t keys_max = KeyCache::kKeysKept)
      : files_(files),
        vault_(vault),
        random_(random),
        kek_prefix_(std::move(kek_prefix)),
        cache_(KeyCache::of(keys_max)) {}
  /// Waits for the token if it is giving a key just now.
  ~DataKeys();
  DataKeys(const DataKeys&) = delete;
  DataKeys& operator=(const DataKeys&) = delete;

  /// A new data key; fills the header's label and wrapped key. Requires the header's month, or key period.
  /// Errors: kWorm  the month was disposed of: there are remains of it, and no key is made for it
  /// again.
  ///         kCorrupt  the month's file is damaged.  Others as KeyVault::wrap.
  Result<env::SecretBytes> create(SegmentHeader& header);
  /// One asks the token at a time, and no answer that a token did not give is kept. A token that
  /// hangs must not hold everyone who reads: who does not get his turn within a moment gets kBusy,
  /// and his key is unwrapped without him, in the order of asking. So whoever asks again comes to
  /// his key however slow the token is and however many ask. Errors: as unwrap_data_key; kNotFound
  /// also: it was forgotten.  kBusy also: not now, there is no memory for it.
  Result<PinnedKey> get(const SegmentHeader& header);
  /// The keys of these segments, which are being disposed of: nobody gets one from now on, whatever a
  /// token still has. Returns when none is left in memory. Requires that the caller holds none.
  void forget(const std::set<std::uint64_t>& ordinals);

 private:
  Result<void> may_make_key_of(KeyPeriod period);
  Result<PinnedKey> unwrap(const SegmentHeader& header);
  [[nodiscard]] bool is_free() const REQUIRES(mutex_) { return !asking_ && wanted_.empty(); }
  void begin_turn(const SegmentHeader& header) REQUIRES(mutex_);
  void end_turn() REQUIRES(mutex_);
  void want(const SegmentHeader& header) REQUIRES(mutex_);
  void serve_wanted();

  const env::Filesystem& files_;
  env::KeyVault& vault_;
  env::Random& random_;
  const std::string kek_prefix_;
  const std::shared_ptr<KeyCache> cache_;
  Mutex mutex_;
  CondVar turn_;
  bool asking_ GUARDED_BY(mutex_) = false;          // someone waits for the token,
  std::uint64_t asked_for_ GUARDED_BY(mutex_) = 0;  // for the key of this segment
  // Of who was told to come again, first come first.
  std::deque<SegmentHeader> wanted_ GUARDED_BY(mutex_);
  // Of these, by ordinal: the key is gone.
  std::map<std::uint64_t, Error> answered_ GUARDED_BY(mutex_);
  std::set<std::uint64_t> forgotten_ GUARDED_BY(mutex_);
  std::uint32_t open_month_ GUARDED_BY(mutex_) = 0;  // that has no remains; 0: not known of any
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread helper_ GUARDED_BY(mutex_);  // unwraps what is wanted; started when something is
};

}  // namespace varve::store
