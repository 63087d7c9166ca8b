// One root for each.
#include "ledger/upkeep/stated_trees.h"

#include "ledger/store/hash_files.h"

namespace varve::upkeep {

Result<std::optional<rules::StatedTree>> first_of_another_tree(
    std::span<const rules::StatedTree> stated, const env::Filesystem& files,
    const merkle::SignedTree& tree) {
  if (stated.empty()) return std::optional<rules::StatedTree>();
  ASSIGN_OR_RETURN(const auto hashes, store::HashFiles::open_to_read(files));
  for (const rules::StatedTree& at : stated) {
    ASSIGN_OR_RETURN(const Hash root, merkle::checked_root(at.checkpoint.size, tree, *hashes));
    if (root != at.checkpoint.root) return std::optional(at);
  }
  return std::optional<rules::StatedTree>();
}

}  // namespace varve::upkeep
