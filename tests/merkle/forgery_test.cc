// Proofs with anything about them changed: each hash altered, removed, doubled, swapped or put in,
// each number moved. All small trees, not a sample.
#include <gtest/gtest.h>

#include <functional>

#include "tests/merkle/memory_tree.h"

namespace varve::merkle {
namespace {

constexpr std::uint64_t kForgedSizes = 40;

const MemoryTree& small_tree() {
  static const MemoryTree kTree(kForgedSizes + 1);
  return kTree;
}

using Verifies = std::function<bool(std::span<const Hash>)>;

Proof without(Proof proof, std::size_t i) {
  proof.erase(proof.begin() + static_cast<std::ptrdiff_t>(i));
  return proof;
}

Proof with(Proof proof, std::size_t i, const Hash& hash) {
  proof.insert(proof.begin() + static_cast<std::ptrdiff_t>(i), hash);
  return proof;
}

/// `telling` are hashes that a forger would try to put in: roots, leaves, zeros.
void expect_only_this_proof_verifies(const Proof& proof, const std::vector<Hash>& telling,
                                     const Verifies& verifies) {
  ASSERT_TRUE(verifies(proof));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    for (const std::size_t byte : {0, 17, 31}) {
      Proof altered = proof;
      altered[i].bytes[byte] ^= std::byte{0x10};
      ASSERT_FALSE(verifies(altered)) << "hash " << i << " altered";
    }
    ASSERT_FALSE(verifies(without(proof, i))) << "hash " << i << " removed";
    ASSERT_FALSE(verifies(with(proof, i, proof[i]))) << "hash " << i << " doubled";
    if (i != 0) {
      Proof swapped = proof;
      std::swap(swapped[i - 1], swapped[i]);
      ASSERT_FALSE(verifies(swapped)) << "hash " << i << " swapped with the one before";
    }
  }
  for (std::size_t i = 0; i <= proof.size(); ++i)
    for (const Hash& hash : telling)
      ASSERT_FALSE(verifies(with(proof, i, hash))) << "a hash put in at " << i;
}

TEST(InclusionForgery, IsRefusedForEveryLeafOfEveryTreeUpTo40) {
  for (std::uint64_t n = 1; n <= kForgedSizes; ++n) {
    const Hash root = reference::root(small_tree().first(n));
    for (std::uint64_t i = 0; i < n; ++i) {
      SCOPED_TRACE(testing::Message() << i << " of " << n);
      const Hash& leaf = small_tree().leaves[i];
      expect_only_this_proof_verifies(
          reference::path(i, small_tree().first(n)), {root, leaf, Hash{}, empty_root()},
          [&](std::span<const Hash> p) {
            return verify_inclusion(leaf, LeafIndex{i}, TreeSize{n}, p, root).has_value();
          });
    }
  }
}

TEST(InclusionForgery, IsRefusedForEveryOtherLeafIndexAndRoot) {
  for (std::uint64_t n = 1; n <= kForgedSizes; ++n) {
    const Hash root = reference::root(small_tree().first(n));
    for (std::uint64_t i = 0; i < n; ++i) {
      const Proof proof = reference::path(i, small_tree().first(n));
      for (std::uint64_t other = 0; other <= n; ++other) {
        if (other == i) continue;
        ASSERT_FALSE(
            verify_inclusion(small_tree().leaves[i], LeafIndex{other}, TreeSize{n}, proof, root));
        ASSERT_FALSE(
            verify_inclusion(small_tree().leaves[other], LeafIndex{i}, TreeSize{n}, proof, root));
      }
      const Hash next = reference::root(small_tree().first(n + 1));
      ASSERT_FALSE(
          verify_inclusion(small_tree().leaves[i], LeafIndex{i}, TreeSize{n}, proof, next));
      ASSERT_FALSE(
          verify_inclusion(small_tree().leaves[i], LeafIndex{i}, TreeSize{n}, proof, Hash{}));
    }
  }
}

// A node's hash offered as a leaf's: its sibling path is a genuine one, but too short.
TEST(InclusionForgery, IsRefusedForAnInnerNodeInTheGuiseOfALeaf) {
  const Hash root = reference::root(small_tree().first(4));
  const Hash left = *small_tree().node({1, 0});
  const Hash right = *small_tree().node({1, 1});
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto result = verify_inclusion(left, LeafIndex{i}, TreeSize{4}, Proof{right}, root);
    EXPECT_EQ(result.error().code, Code::kInvalid);
  }
}

TEST(InclusionForgery, IsRefusedInTheEmptyTree) {
  EXPECT_FALSE(verify_inclusion(Hash{}, LeafIndex{0}, TreeSize{0}, {}, empty_root()));
  EXPECT_FALSE(verify_inclusion(empty_root(), LeafIndex{0}, TreeSize{0}, {}, empty_root()));
}

TEST(ConsistencyForgery, IsRefusedForEveryPairOfSizesUpTo40) {
  for (std::uint64_t n = 1; n <= kForgedSizes; ++n) {
    const Hash root_n = reference::root(small_tree().first(n));
    for (std::uint64_t m = 1; m <= n; ++m) {
      SCOPED_TRACE(testing::Message() << m << " to " << n);
      const Hash root_m = reference::root(small_tree().first(m));
      expect_only_this_proof_verifies(
          reference::subproof(m, small_tree().first(n), true),
          {root_m, root_n, Hash{}, empty_root()}, [&](std::span<const Hash> p) {
            return verify_consistency(TreeSize{m}, TreeSize{n}, p, root_m, root_n).has_value();
          });
    }
  }
}

TEST(ConsistencyForgery, IsRefusedWithTheRootsOfOtherSizes) {
  for (std::uint64_t n = 2; n <= kForgedSizes; ++n)
    for (std::uint64_t m = 1; m < n; ++m) {
      const Proof proof = reference::subproof(m, small_tree().first(n), true);
      const auto verifies = [&](std::uint64_t a, std::uint64_t b) {
        return verify_consistency(TreeSize{m}, TreeSize{n}, proof,
                                  reference::root(small_tree().first(a)),
                                  reference::root(small_tree().first(b)))
            .has_value();
      };
      ASSERT_TRUE(verifies(m, n));
      ASSERT_FALSE(verifies(m - 1, n));
      ASSERT_FALSE(verifies(m + 1, n));
      ASSERT_FALSE(verifies(m, n - 1));
      ASSERT_FALSE(verifies(m, n + 1));
      ASSERT_FALSE(verifies(n, m));
    }
}

TEST(ConsistencyForgery, IsRefusedFromTheEmptyTreeUnlessItsRootIsRightAndItsProofEmpty) {
  const Hash root = reference::root(small_tree().first(5));
  EXPECT_TRUE(verify_consistency(TreeSize{0}, TreeSize{5}, {}, empty_root(), root));
  EXPECT_FALSE(verify_consistency(TreeSize{0}, TreeSize{5}, {}, Hash{}, root));
  EXPECT_FALSE(verify_consistency(TreeSize{0}, TreeSize{5}, Proof{root}, empty_root(), root));
  EXPECT_FALSE(verify_consistency(TreeSize{0}, TreeSize{0}, {}, empty_root(), root));
  EXPECT_FALSE(verify_consistency(TreeSize{5}, TreeSize{5}, Proof{root}, root, root));
  EXPECT_FALSE(verify_consistency(TreeSize{6}, TreeSize{5}, {}, root, root));
}

TEST(RangeForgery, IsRefusedForEveryRangeOfEveryTreeUpTo24) {
  for (std::uint64_t n = 1; n <= 24; ++n) {
    const Hash root = reference::root(small_tree().first(n));
    for (std::uint64_t a = 0; a < n; ++a)
      for (std::uint64_t b = a + 1; b <= n; ++b) {
        SCOPED_TRACE(testing::Message() << "[" << a << ", " << b << ") of " << n);
        const std::span leaves = small_tree().first(b).subspan(a);
        expect_only_this_proof_verifies(
            reference::beside(a, b, small_tree().first(n)), {root, leaves[0], Hash{}},
            [&](std::span<const Hash> p) {
              return verify_range(leaves, LeafIndex{a}, TreeSize{n}, p, root).has_value();
            });
      }
  }
}

TEST(RangeForgery, IsRefusedWithLeavesMissingAddedSwappedMovedOrAltered) {
  for (std::uint64_t n = 3; n <= 24; ++n) {
    const Hash root = reference::root(small_tree().first(n));
    for (std::uint64_t a = 0; a < n; ++a)
      for (std::uint64_t b = a + 2; b <= n; ++b) {
        SCOPED_TRACE(testing::Message() << "[" << a << ", " << b << ") of " << n);
        const Proof proof = reference::beside(a, b, small_tree().first(n));
        const Proof leaves(small_tree().first(b).begin() + static_cast<std::ptrdiff_t>(a),
                           small_tree().first(b).end());
        const auto verifies = [&](const Proof& l, std::uint64_t first) {
          return verify_range(l, LeafIndex{first}, TreeSize{n}, proof, root).has_value();
        };
        ASSERT_TRUE(verifies(leaves, a));
        ASSERT_FALSE(verifies(leaves, a + 1));
        ASSERT_FALSE(a != 0 && verifies(leaves, a - 1));
        for (std::size_t i = 0; i < leaves.size(); ++i) {
          ASSERT_FALSE(verifies(without(leaves, i), a));
          ASSERT_FALSE(verifies(with(leaves, i, leaves[i]), a));
          Proof changed = leaves;
          changed[i].bytes[5] ^= std::byte{1};
          ASSERT_FALSE(verifies(changed, a));
          if (i == 0) continue;
          changed = leaves;
          std::swap(changed[i - 1], changed[i]);
          ASSERT_FALSE(verifies(changed, a));
        }
      }
  }
}

TEST(RangeForgery, IsRefusedForRangesOutsideTheTree) {
  const Hash root = reference::root(small_tree().first(5));
  const Proof two(2);
  EXPECT_EQ(verify_range({}, LeafIndex{0}, TreeSize{5}, {}, root).error().code, Code::kInvalid);
  for (const std::uint64_t first :
       {std::uint64_t{4}, std::uint64_t{5}, std::uint64_t{6}, ~std::uint64_t{0}}) {
    EXPECT_EQ(verify_range(two, LeafIndex{first}, TreeSize{5}, two, root).error().code,
              Code::kInvalid);
    EXPECT_EQ(prove_range(LeafIndex{first}, 2, TreeSize{5}, small_tree()).error().code,
              Code::kInvalid);
  }
  EXPECT_FALSE(prove_range(LeafIndex{0}, 0, TreeSize{5}, small_tree()));
  EXPECT_FALSE(prove_range(LeafIndex{1}, ~std::uint64_t{0}, TreeSize{5}, small_tree()));
}

}  // namespace
}  // namespace varve::merkle
