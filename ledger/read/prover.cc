// The cache of rows, and the edge of the newest tree.
#include "ledger/read/prover.h"

#include <utility>

namespace varve::read {
namespace {

/// The hash files, by one who waits for the disk or does not.
class Rows final : public merkle::RowReader {
 public:
  Rows(const store::HashFiles& hashes, env::Wait wait) : hashes_(hashes), wait_(wait) {}
  [[nodiscard]] Result<void> row(merkle::NodeId first, std::span<Hash> out) const override {
    return hashes_.row(first, out, wait_);
  }

 private:
  const store::HashFiles& hashes_;
  env::Wait wait_;
};

}  // namespace

RecentRows::Height* RecentRows::height_of(const merkle::SmallTree& tree) {
  const std::uint32_t height = tree.root().height;
  if (height < kLowest) return nullptr;
  return &heights_.at((height - kLowest) / merkle::kRowHeight);
}

bool RecentRows::find(merkle::SmallTree& tree) {
  Height* const height = height_of(tree);
  if (height == nullptr) return false;
  const MutexLock lock(height->mutex);
  if (height->trees.empty()) return false;
  const auto& kept = height->trees[tree.root().index % kPerHeight];
  if (!kept || kept->root() != tree.root()) return false;
  tree = *kept;
  return true;
}

void RecentRows::keep(const merkle::SmallTree& tree) {
  Height* const height = height_of(tree);
  if (height == nullptr) return;
  const MutexLock lock(height->mutex);
  height->trees.resize(kPerHeight);
  height->trees[tree.root().index % kPerHeight] = std::make_unique<merkle::SmallTree>(tree);
}

Result<std::shared_ptr<const merkle::SignedEdge>> Prover::edge_of(
    const format::SignedCheckpoint& newest, const merkle::RowReader& rows) {
  const TreeSize size = newest.checkpoint.size;
  {
    const MutexLock lock(mutex_);
    if (edge_ && edge_->size() == size) return edge_;
  }
  ASSIGN_OR_RETURN(auto loaded, merkle::SignedEdge::load({size, newest.checkpoint.root}, rows));
  auto edge = std::make_shared<const merkle::SignedEdge>(std::move(loaded));
  const MutexLock lock(mutex_);
  if (!edge_ || edge_->size() < size) edge_ = edge;
  return edge;
}

Result<ProvenUnder> Prover::inclusion(LeafIndex i,
                                      std::shared_ptr<const format::SignedCheckpoint> newest,
                                      env::Wait wait) {
  const Rows rows(hashes_, wait);
  ASSIGN_OR_RETURN(const auto edge, edge_of(*newest, rows));
  ASSIGN_OR_RETURN(merkle::LeafProof proven, edge->inclusion(i, rows, cache_));
  return ProvenUnder{std::move(newest), proven.leaf, std::move(proven.proof)};
}

}  // namespace varve::read
