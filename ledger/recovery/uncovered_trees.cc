// Finding the tree of a checkpoint.
#include "ledger/recovery/uncovered_trees.h"

#include <algorithm>
#include <iterator>

namespace varve::recovery {

bool UncoveredTrees::cover(const format::Checkpoint& checkpoint) {
  const auto of = std::ranges::find(trees_, checkpoint.size, &merkle::Frontier::size);
  if (of == trees_.end() || of->root() != checkpoint.root) return false;
  trees_.erase(trees_.begin(), std::next(of));
  return true;
}

}  // namespace varve::recovery
