// Which leaf has this hash? For the leaves of segments that are in no file of leaves/ yet, which
// may be more than a million. Each of them is read once, by the first who asks after it was
// published.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/store/hash_files.h"

namespace varve::read {

/// Memory: 16 to 32 bytes a leaf, none before the first question. Thread: any; one is answered at a
/// time.
class RecentLeaves {
 public:
  explicit RecentLeaves(const store::HashFiles& hashes) : hashes_(hashes) {}

  /// Looks among leaves [from, to), all of them on disk. Another `from` than last time begins anew.
  /// Errors: kIo, kCorrupt.
  Result<std::optional<LeafIndex>> find(const Hash& leaf, TreeSize from, TreeSize to);

 private:
  void forget(TreeSize from) REQUIRES(mutex_);
  void add(const Hash& leaf) REQUIRES(mutex_);
  Result<void> read_up_to(TreeSize to) REQUIRES(mutex_);

  const store::HashFiles& hashes_;
  Mutex mutex_;
  TreeSize from_ GUARDED_BY(mutex_);
  std::uint64_t count_ GUARDED_BY(mutex_) = 0;  // leaves that are in the table
  // An open hash table of as many slots as a power of two: 4 bytes of the leaf's hash, 4 its number
  // from `from_` on, plus 1; 0 is an empty slot.
  std::vector<std::uint64_t> slots_ GUARDED_BY(mutex_);
};

}  // namespace varve::read
