// Proofs: that a leaf is in a tree, that a whole range of leaves is, and that one tree extends
// another. Made from stored hashes, verified with nothing but the proof.
#pragma once

#include <span>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/tree.h"

namespace varve::merkle {

using Proof = std::vector<Hash>;

/// The root of the tree of the first `n` leaves.
/// Errors: as `hashes` gives them. Thread: any. Cost: at most 64 reads.
Result<Hash> tree_root(TreeSize n, const HashReader& hashes);

/// Returns the proof that leaf `i` is in the tree of `n` leaves: sibling hashes, leaf to root.
/// Size:    at most ceil(log2(n)) hashes; empty when n is 1.
/// Errors:  kInvalid  i is not in the tree.  Others as `hashes` gives them.
/// Source:  RFC 6962 section 2.1.1
Result<Proof> prove_inclusion(LeafIndex i, TreeSize n, const HashReader& hashes);

/// Errors: kInvalid  i is not in the tree, or the proof has the wrong length.
///         kCorrupt  the proof leads to another root.
/// Source: RFC 9162 section 2.1.3.2
Result<void> verify_inclusion(const Hash& leaf, LeafIndex i, TreeSize n,
                              std::span<const Hash> proof, const Hash& root);

/// The root that such a proof leads to: for whoever has no root, and a signature over one.
/// Errors: kInvalid  as verify_inclusion.
Result<Hash> root_from_inclusion(const Hash& leaf, LeafIndex i, TreeSize n,
                                 std::span<const Hash> proof);

/// Returns the proof that the tree of `n` leaves begins with the tree of `m` leaves.
/// Size:    at most ceil(log2(n)) + 1 hashes; empty when m is 0 or m equals n.
/// Errors:  kInvalid  m is larger than n.
/// Source:  RFC 6962 section 2.1.2
Result<Proof> prove_consistency(TreeSize m, TreeSize n, const HashReader& hashes);

/// Errors: kInvalid  m > n, or the proof has the wrong length (m = 0 and m = n take an empty one).
///         kCorrupt  the proof leads to another root than m's or n's.
/// Source: RFC 9162 section 2.1.4.2
Result<void> verify_consistency(TreeSize m, TreeSize n, std::span<const Hash> proof,
                                const Hash& root_m, const Hash& root_n);

/// The root of the larger tree that such a proof leads to from `root_m`: as root_from_inclusion.
/// Errors: kInvalid  not 0 < m < n, or the proof has the wrong length.  kCorrupt  it does not begin with `root_m`.
Result<Hash> root_from_consistency(TreeSize m, TreeSize n, std::span<const Hash> proof,
                                   const Hash& root_m);

/// The root of the first `m` leaves of the tree whose root is `root_n`, as a consistency proof shows it to
/// whoever has that root alone.
/// Errors: kInvalid  m is 0, a power of two (the proof leaves its root out) or not less than n, or the
///         proof has the wrong length.  kCorrupt  the proof leads to another root than `root_n`.
Result<Hash> root_in_consistency(TreeSize m, TreeSize n, std::span<const Hash> proof,
                                 const Hash& root_n);

/// Returns the proof that leaves [first, first + count) are in the tree of `n` leaves: the hash
/// of each subtree that holds none of them, where the recursive definition of the tree hash
/// (RFC 6962 section 2.1) first meets it, left to right.
/// Size:    at most 2 * ceil(log2(n)) hashes. docs/format/proof.md
/// Errors:  kInvalid  count is 0, or the range is not in the tree.
Result<Proof> prove_range(LeafIndex first, std::uint64_t count, TreeSize n,
                          const HashReader& hashes);

/// `leaves` are the hashes of the range, in order.
/// Errors: kInvalid  empty range, range not in the tree, proof too short or too long.
///         kCorrupt  the proof leads to another root.
Result<void> verify_range(std::span<const Hash> leaves, LeafIndex first, TreeSize n,
                          std::span<const Hash> proof, const Hash& root);

/// A leaf, and where it is.
struct PlacedLeaf {
  LeafIndex index;
  Hash hash;
};

/// Returns the proof that these leaves, which need not be neighbours, are in the tree of `n` leaves:
/// the hash of each subtree that holds none of them, as in prove_range.
/// Size:    at most log2(n) hashes a leaf, and far fewer where leaves are close. docs/format/proof.md
/// Errors:  kInvalid  none, not ascending, or not all in the tree.
Result<Proof> prove_leaves(std::span<const LeafIndex> which, TreeSize n, const HashReader& hashes);

/// Errors: kInvalid  no leaves, not ascending, not all in the tree, proof too short or too long.
///         kCorrupt  the proof leads to another root.
Result<void> verify_leaves(std::span<const PlacedLeaf> leaves, TreeSize n,
                           std::span<const Hash> proof, const Hash& root);

}  // namespace varve::merkle
