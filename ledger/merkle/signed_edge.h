// The right edge of a signed tree, and inclusion proofs below it. Every hash of such a proof is
// verified: it is in a row, the row's root is in the row above, and so on up to the edge, whose root
// was signed. This is as strong as verifying the finished proof, and cheaper: the hashes that the
// store does not keep must be computed anyway, and they lead to the row's root.
#pragma once

#include <vector>

#include "ledger/merkle/checked.h"
#include "ledger/merkle/rows.h"

namespace varve::merkle {

/// Rows that were verified before. A complete subtree of a signed tree stays what it is for ever.
class RowCache {
 public:
  virtual ~RowCache() = default;
  /// Fills `tree`, whose root() says which is wanted. Returns false when it is not here.
  virtual bool find(SmallTree& tree) = 0;
  virtual void keep(const SmallTree& tree) = 0;
};

struct LeafProof {
  Hash leaf;
  Proof proof;  // as prove_inclusion() makes it
};

/// Immutable. Thread: any.
class SignedEdge {
 public:
  /// Cost: at most 16 rows, and their hashes.
  /// Errors: kCorrupt  the stored hashes do not lead to the signed root.  Others as `rows`.
  static Result<SignedEdge> load(const SignedTree& tree, const RowReader& rows);

  [[nodiscard]] TreeSize size() const { return size_; }
  /// Cost:   one row for each four levels of the tree that the cache does not have.
  /// Errors: kInvalid  i is not in the tree.  kCorrupt  as load.  Others as `rows`.
  [[nodiscard]] Result<LeafProof> inclusion(LeafIndex i, const RowReader& rows,
                                            RowCache& cache) const;

 private:
  [[nodiscard]] std::size_t peak_over(LeafIndex i) const;

  TreeSize size_;
  std::vector<SmallTree>
      peaks_;  // the topmost levels of each maximal complete subtree, largest first
  std::vector<Hash> from_here_;  // the hash over this peak and all behind it
};

}  // namespace varve::merkle
