// What a group of appends leaves in memory of the tree: enough to prove its leaves without reading
// a file: that took 6.8 % of the CPU time of a single append (docs/BENCHMARKS.md).
#pragma once

#include <array>

#include "ledger/merkle/tree.h"

namespace varve::merkle {

/// The edge that a tree grew from, and each subtree completed since. A subtree that a proof of a new
/// leaf passes by is one of these: if it was complete before, its parent was not, for that holds
/// the new leaf; so it was on the edge.
/// Size: 64 bytes a leaf. Thread: any, once the last append is done.
class NewNodes final : public HashReader, public NodeSink {
 public:
  explicit NewNodes(const Frontier& from);

  void completed(NodeId id, const Hash& hash) override;
  /// Errors: kNotFound  not on that edge and not completed since.
  [[nodiscard]] Result<Hash> node(NodeId id) const override;

 private:
  struct Level {
    std::uint64_t first = 0;  // index of the first of them
    std::vector<Hash> hashes;
  };
  std::array<Level, 64> levels_;
};

}  // namespace varve::merkle
