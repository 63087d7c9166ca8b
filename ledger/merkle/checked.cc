// Proving, then verifying what was proven.
#include "ledger/merkle/checked.h"

namespace varve::merkle {
namespace {

Error do_not_lead(TreeSize n, const Error& why) {
  return corrupt("the stored hashes do not lead to the signed root of the tree of " +
                 std::to_string(n.value) + " records: " + why.message);
}

}  // namespace

Result<Hash> checked_root(TreeSize n, const SignedTree& tree, const HashReader& hashes) {
  if (n == tree.size) return tree.root;
  ASSIGN_OR_RETURN(const Hash root, tree_root(n, hashes));
  RETURN_IF_ERROR(checked_consistency({n, root}, tree, hashes));
  return root;
}

Result<Proof> checked_inclusion(const Hash& leaf, LeafIndex i, const SignedTree& tree,
                                const HashReader& hashes) {
  ASSIGN_OR_RETURN(Proof proof, prove_inclusion(i, tree.size, hashes));
  const auto verified = verify_inclusion(leaf, i, tree.size, proof, tree.root);
  if (!verified) return do_not_lead(tree.size, verified.error());
  return proof;
}

Result<Proof> checked_consistency(const SignedTree& from, const SignedTree& to,
                                  const HashReader& hashes) {
  ASSIGN_OR_RETURN(Proof proof, prove_consistency(from.size, to.size, hashes));
  const auto verified = verify_consistency(from.size, to.size, proof, from.root, to.root);
  if (!verified) return do_not_lead(to.size, verified.error());
  return proof;
}

}  // namespace varve::merkle
