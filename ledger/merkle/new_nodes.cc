// One row of hashes for each height.
#include "ledger/merkle/new_nodes.h"

namespace varve::merkle {

NewNodes::NewNodes(const Frontier& from) {
  const std::uint64_t size = from.size().value;
  auto edge = from.complete().rbegin();  // smallest first
  for (std::uint32_t height = 0; height < levels_.size(); ++height) {
    Level& level = levels_[height];
    level.first = size >> height;
    if ((level.first & 1) == 0) continue;
    --level.first;
    level.hashes.push_back(*edge++);
  }
}

void NewNodes::completed(NodeId id, const Hash& hash) {
  Level& level = levels_[id.height];
  CHECK(id.index == level.first + level.hashes.size());
  level.hashes.push_back(hash);
}

Result<Hash> NewNodes::node(NodeId id) const {
  const Level& level = levels_[id.height];
  if (id.index < level.first || id.index - level.first >= level.hashes.size())
    return not_found("that subtree is not at the edge of the tree");
  return level.hashes[id.index - level.first];
}

}  // namespace varve::merkle
