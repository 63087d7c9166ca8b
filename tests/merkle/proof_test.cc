// Every proof in every small tree against the reference.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/merkle/memory_tree.h"

namespace varve::merkle {
namespace {

constexpr std::uint64_t kSizes = 256;

const MemoryTree& tree() {
  static const MemoryTree kTree(kSizes);
  return kTree;
}

TEST(Inclusion, IsTheReferenceProofAndVerifiesForEveryLeafOfEveryTreeUpTo256) {
  for (std::uint64_t n = 1; n <= kSizes; ++n) {
    const Hash root = reference::root(tree().first(n));
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto proof = prove_inclusion(LeafIndex{i}, TreeSize{n}, tree());
      ASSERT_TRUE(proof);
      ASSERT_EQ(*proof, reference::path(i, tree().first(n))) << i << " of " << n;
      ASSERT_TRUE(verify_inclusion(tree().leaves[i], LeafIndex{i}, TreeSize{n}, *proof, root))
          << i << " of " << n;
    }
  }
}

TEST(Consistency, IsTheReferenceProofAndVerifiesForEveryPairOfSizesUpTo256) {
  for (std::uint64_t n = 0; n <= kSizes; ++n) {
    const Hash root_n = reference::root(tree().first(n));
    for (std::uint64_t m = 0; m <= n; ++m) {
      const auto proof = prove_consistency(TreeSize{m}, TreeSize{n}, tree());
      ASSERT_TRUE(proof);
      if (m != 0) {
        ASSERT_EQ(*proof, reference::subproof(m, tree().first(n), true)) << m << " to " << n;
      }
      const Hash root_m = reference::root(tree().first(m));
      ASSERT_TRUE(verify_consistency(TreeSize{m}, TreeSize{n}, *proof, root_m, root_n))
          << m << " to " << n;
    }
  }
}

TEST(Range, IsTheReferenceProofAndVerifiesForEveryRangeOfEveryTreeUpTo48) {
  for (std::uint64_t n = 1; n <= 48; ++n) {
    const Hash root = reference::root(tree().first(n));
    for (std::uint64_t a = 0; a < n; ++a)
      for (std::uint64_t b = a + 1; b <= n; ++b) {
        const auto proof = prove_range(LeafIndex{a}, b - a, TreeSize{n}, tree());
        ASSERT_TRUE(proof);
        ASSERT_EQ(*proof, reference::beside(a, b, tree().first(n)));
        ASSERT_TRUE(
            verify_range(tree().first(b).subspan(a), LeafIndex{a}, TreeSize{n}, *proof, root))
            << "[" << a << ", " << b << ") of " << n;
      }
  }
}

// Every set of leaves of every small tree.
TEST(Leaves, AreProvenWhereTheyAreAndNowhereElse) {
  for (std::uint64_t n = 1; n <= 9; ++n) {
    const MemoryTree tree(n);
    const Hash root = tree.frontier.root();
    for (std::uint64_t set = 1; set < (std::uint64_t{1} << n); ++set) {
      std::vector<LeafIndex> which;
      std::vector<PlacedLeaf> leaves;
      for (std::uint64_t i = 0; i < n; ++i) {
        if ((set >> i & 1) == 0) continue;
        which.push_back({i});
        leaves.push_back({{i}, tree.leaves[i]});
      }
      Proof proof = *prove_leaves(which, TreeSize{n}, tree);
      ASSERT_TRUE(verify_leaves(leaves, TreeSize{n}, proof, root)) << n << " " << set;
      for (PlacedLeaf& leaf : leaves) {
        leaf.hash.bytes[7] ^= std::byte{1};
        ASSERT_FALSE(verify_leaves(leaves, TreeSize{n}, proof, root));
        leaf.hash.bytes[7] ^= std::byte{1};
      }
      for (Hash& hash : proof) {
        hash.bytes[7] ^= std::byte{1};
        ASSERT_FALSE(verify_leaves(leaves, TreeSize{n}, proof, root));
        hash.bytes[7] ^= std::byte{1};
      }
      proof.push_back(root);
      ASSERT_FALSE(verify_leaves(leaves, TreeSize{n}, proof, root)) << "a hash too many";
      proof.pop_back();
      if (leaves.size() == n) continue;
      proof.pop_back();
      ASSERT_FALSE(verify_leaves(leaves, TreeSize{n}, proof, root)) << "one too few";
    }
  }
}

TEST(Leaves, ThatDoNotAscendOrAreNotInTheTreeAreRefused) {
  const MemoryTree tree(5);
  const Hash root = tree.frontier.root();
  for (const auto& which : std::vector<std::vector<LeafIndex>>{{}, {{5}}, {{1}, {1}}, {{2}, {1}}}) {
    std::vector<PlacedLeaf> leaves;
    for (const LeafIndex i : which) leaves.push_back({i, tree.leaves[0]});
    EXPECT_EQ(prove_leaves(which, TreeSize{5}, tree).error().code, Code::kInvalid);
    EXPECT_EQ(verify_leaves(leaves, TreeSize{5}, {}, root).error().code, Code::kInvalid);
  }
}

TEST(Range, OfOneLeafHoldsTheHashesOfItsInclusionProof) {
  for (std::uint64_t n = 1; n <= kSizes; ++n)
    for (std::uint64_t i = 0; i < n; ++i) {
      auto range = *prove_range(LeafIndex{i}, 1, TreeSize{n}, tree());
      auto inclusion = *prove_inclusion(LeafIndex{i}, TreeSize{n}, tree());
      std::ranges::sort(range);
      std::ranges::sort(inclusion);
      ASSERT_EQ(range, inclusion) << i << " of " << n;
    }
}

}  // namespace
}  // namespace varve::merkle
