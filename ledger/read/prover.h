// Inclusion proofs under the newest checkpoint, from the hash files: a few rows of hashes are read
// for each, and what is read was verified against a signed root before it is used.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/merkle/signed_edge.h"
#include "ledger/store/hash_files.h"

namespace varve::read {

/// The rows that many proofs share, once they were verified: those of heights 8 and more. Lower
/// ones are too many to be met again. Memory: 1 KiB for each 4,096 leaves of the log, 24 MiB for
/// 100 million, 66 MiB for 2 billion; a height has 32 MiB at most. Thread: any.
class RecentRows final : public merkle::RowCache {
 public:
  bool find(merkle::SmallTree& tree) override;
  void keep(const merkle::SmallTree& tree) override;

 private:
  static constexpr std::uint32_t kLowest = 8 + merkle::kRowHeight;  // height of a root
  static constexpr std::size_t kPerHeight = 1u << 15;
  struct Height {
    Mutex mutex;  // held for as long as a copy takes
    // At its index modulo kPerHeight.
    std::vector<std::unique_ptr<merkle::SmallTree>> trees GUARDED_BY(mutex);
  };
  Height* height_of(const merkle::SmallTree& tree);

  std::array<Height, store::HashFiles::kHeights> heights_;
};

/// Thread: any.
class Prover {
 public:
  explicit Prover(const store::HashFiles& hashes) : hashes_(hashes) {}

  /// See Log::inclusion.
  Result<ProvenUnder> inclusion(LeafIndex i, std::shared_ptr<const format::SignedCheckpoint> newest,
                                env::Wait wait);

 private:
  Result<std::shared_ptr<const merkle::SignedEdge>> edge_of(const format::SignedCheckpoint& newest,
                                                            const merkle::RowReader& rows);

  const store::HashFiles& hashes_;
  RecentRows cache_;
  Mutex mutex_;
  // Of the largest tree that was asked for.
  std::shared_ptr<const merkle::SignedEdge> edge_ GUARDED_BY(mutex_);
};

}  // namespace varve::read
