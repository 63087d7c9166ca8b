// Proofs that are made from stored hashes and verified before they are returned. A hash that rotted
// on disk causes an error here, and never a wrong proof elsewhere.
#pragma once

#include "ledger/merkle/proof.h"

namespace varve::merkle {

/// Size and root of a tree, as a signed checkpoint states them.
struct SignedTree {
  TreeSize size;
  Hash root;
};

// Errors of all: kCorrupt  the stored hashes do not lead to the signed root.  Others as `hashes`.
// Cost: twice a proof's reads at most, and as many hashes again.

/// The root of the first `n` leaves of `tree`, n <= tree.size.
Result<Hash> checked_root(TreeSize n, const SignedTree& tree, const HashReader& hashes);
/// See prove_inclusion. Errors: kInvalid  i is not in the tree.
Result<Proof> checked_inclusion(const Hash& leaf, LeafIndex i, const SignedTree& tree,
                                const HashReader& hashes);
/// See prove_consistency, from <= to. Both roots are checked ones.
Result<Proof> checked_consistency(const SignedTree& from, const SignedTree& to,
                                  const HashReader& hashes);

}  // namespace varve::merkle
