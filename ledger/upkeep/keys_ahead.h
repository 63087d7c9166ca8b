// Data keys, asked for before an audit comes to their segments. A token across a network takes a
// fraction of a second for a key, and serves several sessions at once.
#pragma once

#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/signer.h"
#include "ledger/store/segment_format.h"

namespace varve::upkeep {

/// Thread: one takes. Memory: kAhead data keys.
class KeysAhead {
 public:
  static constexpr std::size_t kAhead = 8;  // segments

  /// `ordinals` are the segments in the order in which they will be taken. `at_once`: how many
  /// calls the vault serves at a time; with 1, each key is asked for when it is taken.
  KeysAhead(const env::Filesystem& files, env::KeyVault& vault, std::vector<std::uint64_t> ordinals,
            unsigned at_once);
  /// Waits for the calls that run.
  ~KeysAhead();
  KeysAhead(const KeysAhead&) = delete;
  KeysAhead& operator=(const KeysAhead&) = delete;

  /// The key of the next segment, which has this header. Errors: as store::unwrap_data_key.
  Result<env::SecretBytes> take(const store::SegmentHeader& header);

 private:
  struct Answer {
    Hash header;  // its hash
    Result<env::SecretBytes> key;
  };
  void ask_ahead();
  Result<Answer> ask(std::uint64_t ordinal);

  const env::Filesystem& files_;
  env::KeyVault& vault_;
  const std::vector<std::uint64_t> ordinals_;
  std::vector<std::thread> threads_;

  Mutex mutex_;
  CondVar changed_;
  std::size_t next_asked_ GUARDED_BY(mutex_) = 0;  // places in ordinals_
  std::size_t next_taken_ GUARDED_BY(mutex_) = 0;
  std::map<std::size_t, Result<Answer>> answers_ GUARDED_BY(mutex_);  // by place
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace varve::upkeep
