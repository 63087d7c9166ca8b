// Which checkpoint may stand where in a segment: of the records before it, or of those up to the
// end of an earlier frame, for a log writes on while its token signs.
#pragma once

#include <vector>

#include "ledger/format/checkpoint.h"
#include "ledger/merkle/tree.h"

namespace varve::recovery {

/// The trees at the ends of the frames that no checkpoint covers yet. Thread: one.
class UncoveredTrees {
 public:
  /// `before` is the tree at the segment's begin: its tail may have been left unsigned.
  explicit UncoveredTrees(const merkle::Frontier& before) : trees_{before} {}

  /// The tree behind a frame. Memory: at most 2 KiB each.
  void add(const merkle::Frontier& tree) { trees_.push_back(tree); }
  /// No checkpoint of those so far will come.
  void forget() { trees_.clear(); }
  /// Whether the checkpoint is of one of them. If so, it and those before it are covered.
  [[nodiscard]] bool cover(const format::Checkpoint& checkpoint);

 private:
  std::vector<merkle::Frontier> trees_;  // by size
};

}  // namespace varve::recovery
