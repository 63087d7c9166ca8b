// RFC 6962's tree over any hash function, grown leaf by leaf in one pass, and the proof of a range
// of its leaves. Slower than tree.h, with which a log appends; a renewal is made once in
// decades.
#pragma once

#include <span>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/hash_function.h"
#include "ledger/merkle/proof.h"

namespace varve::merkle {

/// `function` must outlive it. Memory: at most 64 hashes.
class GenericTree {
 public:
  explicit GenericTree(const HashFunction& function) : function_(&function) {}

  void append(const Hash& leaf);
  [[nodiscard]] TreeSize size() const { return size_; }
  /// Cost: at most 63 node hashes. Of no leaves: the function of nothing.
  [[nodiscard]] Hash root() const;

 private:
  const HashFunction* function_;
  TreeSize size_;
  std::vector<Hash> complete_;  // roots of the maximal complete subtrees, largest first
};

/// Makes the proof of prove_range from the leaves themselves, front to back. Memory: at most 190
/// hashes.
class RangeProver {
 public:
  /// Requires that leaves [first, first + count) are in the tree of `n`, and count > 0.
  RangeProver(const HashFunction& function, LeafIndex first, std::uint64_t count, TreeSize n);

  /// The next leaf: all `n` of them, in order.
  void append(const Hash& leaf);
  /// Requires that all were appended.
  [[nodiscard]] const Proof& proof() const;

 private:
  struct Subtree {
    std::uint64_t lo = 0;
    std::uint64_t hi = 0;
  };
  void pass_by(Subtree span, Subtree range);

  const HashFunction& function_;
  TreeSize n_;
  TreeSize seen_;
  std::vector<Subtree> beside_;  // those that hold no leaf of the range, left to right
  GenericTree open_;             // of beside_[proof_.size()]
  Proof proof_;
};

/// verify_range (proof.h) under another function. Errors: as there.
Result<void> verify_range(const HashFunction& function, std::span<const Hash> leaves,
                          LeafIndex first, TreeSize n, std::span<const Hash> proof,
                          const Hash& root);

}  // namespace varve::merkle
