// Verifying proofs. Nothing here trusts the length of what it is given: a proof that is too long
// or too short is refused, so that one statement has exactly one proof.
#include <algorithm>
#include <bit>

#include "ledger/merkle/generic_tree.h"
#include "ledger/merkle/proof.h"
#include "ledger/merkle/subtree.h"

namespace varve::merkle {
namespace {

Error wrong_length(std::string_view what) {
  return invalid(std::string("the ").append(what).append(" proof has the wrong length"));
}

Error other_root(std::string_view what, TreeSize n) {
  return corrupt(std::string("the ")
                     .append(what)
                     .append(" proof leads to another root than that of size ")
                     .append(std::to_string(n.value)));
}

/// One step up RFC 9162's walk: the position of a node and of the last node of its level.
struct Position {
  std::uint64_t fn;
  std::uint64_t sn;

  [[nodiscard]] bool at_root() const { return sn == 0; }
  [[nodiscard]] bool sibling_is_left() const { return (fn & 1) != 0 || fn == sn; }
  void up() {
    fn >>= 1;
    sn >>= 1;
  }
  /// Skips the levels at which this node has no sibling, because the tree ends there.
  void up_past_the_edge() {
    while ((fn & 1) == 0 && fn != 0) up();
  }
};

/// How a log's own tree is hashed.
struct LogTree {
  [[nodiscard]] static Hash node(const Hash& left, const Hash& right) {
    return node_hash(left, right);
  }
  [[nodiscard]] static Hash root(std::span<const Hash> leaves) { return root_of(leaves); }
};

/// The same under another hash function.
struct OtherTree {
  const HashFunction& function;
  [[nodiscard]] Hash node(const Hash& left, const Hash& right) const {
    return function.node(left, right);
  }
  [[nodiscard]] Hash root(std::span<const Hash> leaves) const {
    GenericTree tree(function);
    for (const Hash& leaf : leaves) tree.append(leaf);
    return tree.root();
  }
};

/// The hashes of a proof, taken one by one.
struct HashesLeft {
  std::span<const Hash> left;
  std::string_view what;  // is proven

  Result<Hash> next() {
    if (left.empty()) return wrong_length(what);
    const Hash hash = left.front();
    left = left.subspan(1);
    return hash;
  }
};

/// Rebuilds a root from the leaves of a range and the subtrees beside it.
template <class Hashing>
class RangeFold {
 public:
  RangeFold(Hashing hashing, std::span<const Hash> leaves, LeafSpan range,
            std::span<const Hash> proof)
      : hashing_(hashing), leaves_(leaves), range_(range), proof_{proof, "range"} {}

  Result<Hash> fold(LeafSpan span) {
    if (span.hi <= range_.lo || range_.hi <= span.lo) return proof_.next();
    if (range_.lo <= span.lo && span.hi <= range_.hi)
      return hashing_.root(leaves_.subspan(span.lo - range_.lo, span.width()));
    ASSIGN_OR_RETURN(const Hash left, fold(span.left()));
    ASSIGN_OR_RETURN(const Hash right, fold(span.right()));
    return hashing_.node(left, right);
  }

  [[nodiscard]] bool used_up() const { return proof_.left.empty(); }

 private:
  Hashing hashing_;
  std::span<const Hash> leaves_;
  LeafSpan range_;
  HashesLeft proof_;
};

/// Rebuilds a root from leaves anywhere in the tree and the subtrees that hold none of them.
class LeavesFold {
 public:
  explicit LeavesFold(std::span<const Hash> proof) : proof_{proof, "leaves'"} {}

  Result<Hash> fold(LeafSpan span, std::span<const PlacedLeaf> leaves) {
    if (leaves.empty()) return proof_.next();
    if (span.width() == 1) return leaves.front().hash;
    const auto split =
        std::ranges::lower_bound(leaves, LeafIndex{span.middle()}, {}, &PlacedLeaf::index);
    ASSIGN_OR_RETURN(const Hash left, fold(span.left(), {leaves.begin(), split}));
    ASSIGN_OR_RETURN(const Hash right, fold(span.right(), {split, leaves.end()}));
    return node_hash(left, right);
  }

  [[nodiscard]] bool used_up() const { return proof_.left.empty(); }

 private:
  HashesLeft proof_;
};

template <class Hashing>
Result<void> verify_range_of(Hashing hashing, std::span<const Hash> leaves, LeafIndex first,
                             TreeSize n, std::span<const Hash> proof, const Hash& root) {
  if (leaves.empty() || first.value > n.value || leaves.size() > n.value - first.value)
    return invalid("leaves [" + std::to_string(first.value) + ", +" +
                   std::to_string(leaves.size()) + ") are not a range in the tree of size " +
                   std::to_string(n.value));
  RangeFold range(hashing, leaves, {first.value, first.value + leaves.size()}, proof);
  ASSIGN_OR_RETURN(const Hash rebuilt, range.fold({0, n.value}));
  if (!range.used_up()) return wrong_length("range");
  if (rebuilt != root) return other_root("range", n);
  return {};
}

/// The part of the consistency check that has something to hash: 0 < m < n.
struct BothRoots {
  Hash older;
  Hash newer;
};

/// Of the trees that the proof leads to. `first`: the hash that it begins with, where the older tree is not
/// one whole subtree, else its root.
Result<BothRoots> roots_of(TreeSize m, TreeSize n, std::span<const Hash> siblings,
                           const Hash& first) {
  Position at{m.value - 1, n.value - 1};
  while ((at.fn & 1) != 0) at.up();
  BothRoots roots{first, first};
  for (const Hash& sibling : siblings) {
    if (at.at_root()) return wrong_length("consistency");
    if (at.sibling_is_left()) {
      roots.older = node_hash(sibling, roots.older);
      roots.newer = node_hash(sibling, roots.newer);
      at.up_past_the_edge();
    } else {
      roots.newer = node_hash(roots.newer, sibling);
    }
    at.up();
  }
  if (!at.at_root()) return wrong_length("consistency");
  return roots;
}

}  // namespace

Result<Hash> root_from_consistency(TreeSize m, TreeSize n, std::span<const Hash> proof,
                                   const Hash& root_m) {
  if (m.value == 0 || m >= n)
    return invalid("size " + std::to_string(m.value) +
                   " is none from which a proof leads to size " + std::to_string(n.value));
  Hash first = root_m;
  if (!std::has_single_bit(m.value)) {
    if (proof.empty()) return wrong_length("consistency");
    first = proof.front();
    proof = proof.subspan(1);
  }
  ASSIGN_OR_RETURN(const BothRoots roots, roots_of(m, n, proof, first));
  if (roots.older != root_m) return other_root("consistency", m);
  return roots.newer;
}

Result<Hash> root_from_inclusion(const Hash& leaf, LeafIndex i, TreeSize n,
                                 std::span<const Hash> proof) {
  if (!contains(n, i))
    return invalid("leaf " + std::to_string(i.value) + " is not in the tree of size " +
                   std::to_string(n.value));
  Position at{i.value, n.value - 1};
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (at.at_root()) return wrong_length("inclusion");
    if (at.sibling_is_left()) {
      hash = node_hash(sibling, hash);
      at.up_past_the_edge();
    } else {
      hash = node_hash(hash, sibling);
    }
    at.up();
  }
  if (!at.at_root()) return wrong_length("inclusion");
  return hash;
}

Result<void> verify_inclusion(const Hash& leaf, LeafIndex i, TreeSize n,
                              std::span<const Hash> proof, const Hash& root) {
  ASSIGN_OR_RETURN(const Hash leads_to, root_from_inclusion(leaf, i, n, proof));
  if (leads_to != root) return other_root("inclusion", n);
  return {};
}

Result<void> verify_consistency(TreeSize m, TreeSize n, std::span<const Hash> proof,
                                const Hash& root_m, const Hash& root_n) {
  if (m > n)
    return invalid("size " + std::to_string(m.value) + " is larger than size " +
                   std::to_string(n.value));
  if (m.value != 0 && m != n) {
    ASSIGN_OR_RETURN(const Hash newer, root_from_consistency(m, n, proof, root_m));
    if (newer != root_n) return other_root("consistency", n);
    return {};
  }
  if (!proof.empty()) return wrong_length("consistency");
  if (m.value == 0 && root_m != empty_root()) return other_root("consistency", m);
  if (m == n && root_m != root_n) return other_root("consistency", n);
  return {};
}

Result<Hash> root_in_consistency(TreeSize m, TreeSize n, std::span<const Hash> proof,
                                 const Hash& root_n) {
  if (m.value == 0 || m >= n || std::has_single_bit(m.value) || proof.empty())
    return invalid("such a proof does not hold the root of the older tree");
  ASSIGN_OR_RETURN(const BothRoots roots, roots_of(m, n, proof.subspan(1), proof.front()));
  if (roots.newer != root_n) return other_root("consistency", n);
  return roots.older;
}

Result<void> verify_leaves(std::span<const PlacedLeaf> leaves, TreeSize n,
                           std::span<const Hash> proof, const Hash& root) {
  const bool ascend = std::ranges::adjacent_find(leaves, std::ranges::greater_equal{},
                                                 &PlacedLeaf::index) == leaves.end();
  if (leaves.empty() || !ascend || !contains(n, leaves.back().index))
    return invalid("the leaves do not ascend, or are not all in the tree of size " +
                   std::to_string(n.value));
  LeavesFold tree(proof);
  ASSIGN_OR_RETURN(const Hash rebuilt, tree.fold({0, n.value}, leaves));
  if (!tree.used_up()) return wrong_length("leaves'");
  if (rebuilt != root) return other_root("leaves'", n);
  return {};
}

Result<void> verify_range(std::span<const Hash> leaves, LeafIndex first, TreeSize n,
                          std::span<const Hash> proof, const Hash& root) {
  return verify_range_of(LogTree{}, leaves, first, n, proof, root);
}

Result<void> verify_range(const HashFunction& function, std::span<const Hash> leaves,
                          LeafIndex first, TreeSize n, std::span<const Hash> proof,
                          const Hash& root) {
  return verify_range_of(OtherTree{function}, leaves, first, n, proof, root);
}

}  // namespace varve::merkle
