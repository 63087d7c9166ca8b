// The recursive definition of the tree hash (RFC 6962 section 2.1), as the spans of leaves it
// meets. Private to this folder: what the provers and the verifiers share.
#pragma once

#include <bit>

#include "ledger/merkle/tree.h"

namespace varve::merkle {

/// Leaves [lo, hi), never empty. Those that the recursion meets from [0, n) are the subtrees.
struct LeafSpan {
  std::uint64_t lo = 0;
  std::uint64_t hi = 0;

  [[nodiscard]] std::uint64_t width() const { return hi - lo; }
  /// Where the recursion splits it: after the largest power of two below its width.
  [[nodiscard]] std::uint64_t middle() const { return lo + std::bit_floor(width() - 1); }
  [[nodiscard]] LeafSpan left() const { return {lo, middle()}; }
  [[nodiscard]] LeafSpan right() const { return {middle(), hi}; }
};

/// The hash of a subtree, from the stored hashes of the complete subtrees on its right edge.
/// Errors: as `hashes` gives them. Cost: at most 64 reads.
Result<Hash> subtree_hash(LeafSpan span, const HashReader& hashes);

}  // namespace varve::merkle
