// Making proofs: walks of RFC 6962's recursion that note down the subtrees they pass by.
#include <algorithm>
#include <bit>

#include "ledger/merkle/proof.h"
#include "ledger/merkle/subtree.h"

namespace varve::merkle {
namespace {

/// Appends to `proof` the hash of every subtree of `span` that holds no leaf of `range`.
Result<void> pass_by(LeafSpan span, LeafSpan range, const HashReader& hashes, Proof& proof) {
  if (span.hi <= range.lo || range.hi <= span.lo) {
    ASSIGN_OR_RETURN(const Hash hash, subtree_hash(span, hashes));
    proof.push_back(hash);
    return {};
  }
  if (range.lo <= span.lo && span.hi <= range.hi) return {};
  RETURN_IF_ERROR(pass_by(span.left(), range, hashes, proof));
  return pass_by(span.right(), range, hashes, proof);
}

/// Appends to `proof` the hash of every subtree of `span` that holds none of `which`, all of which are
/// in `span`.
Result<void> pass_by(LeafSpan span, std::span<const LeafIndex> which, const HashReader& hashes,
                     Proof& proof) {
  if (which.empty()) {
    ASSIGN_OR_RETURN(const Hash hash, subtree_hash(span, hashes));
    proof.push_back(hash);
    return {};
  }
  if (span.width() == 1) return {};
  const auto split = std::ranges::lower_bound(which, LeafIndex{span.middle()});
  RETURN_IF_ERROR(pass_by(span.left(), {which.begin(), split}, hashes, proof));
  return pass_by(span.right(), {split, which.end()}, hashes, proof);
}

}  // namespace

Result<Hash> subtree_hash(LeafSpan span, const HashReader& hashes) {
  std::vector<Hash> complete;
  while (span.lo != span.hi) {
    const auto height = static_cast<std::uint32_t>(std::bit_width(span.width()) - 1);
    ASSIGN_OR_RETURN(const Hash hash, hashes.node({height, span.lo >> height}));
    complete.push_back(hash);
    span.lo += std::uint64_t{1} << height;
  }
  Hash hash = complete.back();
  for (std::size_t i = complete.size() - 1; i != 0; --i) hash = node_hash(complete[i - 1], hash);
  return hash;
}

Result<Hash> tree_root(TreeSize n, const HashReader& hashes) {
  if (n.value == 0) return empty_root();
  return subtree_hash({0, n.value}, hashes);
}

Result<Proof> prove_inclusion(LeafIndex i, TreeSize n, const HashReader& hashes) {
  if (!contains(n, i))
    return invalid("leaf " + std::to_string(i.value) + " is not in the tree of size " +
                   std::to_string(n.value));
  Proof proof;
  for (LeafSpan span{0, n.value}; span.width() != 1;) {
    const bool in_left = i.value < span.middle();
    ASSIGN_OR_RETURN(const Hash sibling,
                     subtree_hash(in_left ? span.right() : span.left(), hashes));
    proof.push_back(sibling);
    span = in_left ? span.left() : span.right();
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<Proof> prove_consistency(TreeSize m, TreeSize n, const HashReader& hashes) {
  if (m > n)
    return invalid("size " + std::to_string(m.value) + " is larger than size " +
                   std::to_string(n.value));
  Proof proof;
  if (m.value == 0 || m == n) return proof;
  LeafSpan span{0, n.value};
  while (span.hi != m.value) {
    const bool in_left = m.value <= span.middle();
    ASSIGN_OR_RETURN(const Hash sibling,
                     subtree_hash(in_left ? span.right() : span.left(), hashes));
    proof.push_back(sibling);
    span = in_left ? span.left() : span.right();
  }
  if (span.lo != 0) {  // else it is the old tree itself, whose root the verifier has
    ASSIGN_OR_RETURN(const Hash last, subtree_hash(span, hashes));
    proof.push_back(last);
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<Proof> prove_range(LeafIndex first, std::uint64_t count, TreeSize n,
                          const HashReader& hashes) {
  if (count == 0 || first.value > n.value || count > n.value - first.value)
    return invalid("leaves [" + std::to_string(first.value) + ", +" + std::to_string(count) +
                   ") are not a range in the tree of size " + std::to_string(n.value));
  Proof proof;
  const LeafSpan range{first.value, first.value + count};
  RETURN_IF_ERROR(pass_by({0, n.value}, range, hashes, proof));
  return proof;
}

Result<Proof> prove_leaves(std::span<const LeafIndex> which, TreeSize n, const HashReader& hashes) {
  const bool ascend =
      std::ranges::adjacent_find(which, std::ranges::greater_equal{}) == which.end();
  if (which.empty() || !ascend || !contains(n, which.back()))
    return invalid("the leaves do not ascend, or are not all in the tree of size " +
                   std::to_string(n.value));
  Proof proof;
  RETURN_IF_ERROR(pass_by({0, n.value}, which, hashes, proof));
  return proof;
}

}  // namespace varve::merkle
