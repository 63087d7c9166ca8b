// The right edge of a signed tree, and inclusion proofs below it. Every hash of such a proof was
// verified: it stands in a row whose root stands in the row above, up to the edge, whose root was
// signed. That is what verifying the finished proof would say, for less: the hashes that the store
// does not keep have to be computed anyway, and these lead to the row's root.
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

struct ProvenLeaf {
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
  [[nodiscard]] Result<ProvenLeaf> inclusion(LeafIndex i, const RowReader& rows,
                                             RowCache& cache) const;

 private:
  [[nodiscard]] std::size_t peak_over(LeafIndex i) const;

  TreeSize size_;
  std::vector<SmallTree>
      peaks_;  // the upmost levels of each maximal complete subtree, largest first
  std::vector<Hash> from_here_;  // the hash over this peak and all behind it
};

}  // namespace varve::merkle
