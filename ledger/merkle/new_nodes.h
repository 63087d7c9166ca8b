// The part of the tree that a group of appends keeps in memory: enough to prove its leaves without
// reading a file, which took 6.8 % of the CPU time of a single append (docs/BENCHMARKS.md).
#pragma once

#include <array>

#include "ledger/merkle/tree.h"

namespace varve::merkle {

/// The edge that a tree grew from, and each subtree completed since. A proof of a new leaf needs no
/// other subtrees. One that was complete before has a parent that holds the new leaf and was not
/// complete, so it was on the edge.
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
