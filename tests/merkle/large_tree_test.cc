// Trees that the exhaustive tests do not reach: real ones of tens of thousands of leaves, and
// sizes up to 2^64 - 1 in a tree whose every leaf is the same, where each subtree is known.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tests/merkle/memory_tree.h"

namespace varve::merkle {
namespace {

TEST(LargeTree, ProvesSampledLeavesPairsOfSizesAndRanges) {
  constexpr std::uint64_t kLeaves = 70'000;
  const MemoryTree tree(kLeaves);
  std::mt19937_64 random(20'261'121);  // NOLINT: the same sample every time
  const auto below = [&](std::uint64_t n) { return random() % n; };
  for (int round = 0; round < 2'000; ++round) {
    const TreeSize n{1 + below(kLeaves)};
    const LeafIndex i{below(n.value)};
    const TreeSize m{below(n.value + 1)};
    const std::uint64_t count = 1 + below(std::min<std::uint64_t>(n.value - i.value, 5'000));
    SCOPED_TRACE(testing::Message() << n.value << " " << i.value << " " << m.value << " " << count);
    const Hash root = *tree_root(n, tree);
    ASSERT_TRUE(verify_inclusion(tree.leaves[i.value], i, n, *prove_inclusion(i, n, tree), root));
    ASSERT_TRUE(
        verify_consistency(m, n, *prove_consistency(m, n, tree), *tree_root(m, tree), root));
    const Proof range = *prove_range(i, count, n, tree);
    ASSERT_TRUE(verify_range(tree.first(i.value + count).subspan(i.value), i, n, range, root));
  }
}

/// Every leaf is the same, so the hash of a complete subtree depends on its height alone.
class EndlessTree final : public HashReader {
 public:
  EndlessTree() {
    by_height_[0] = leaf_hash({});
    for (std::size_t h = 1; h < by_height_.size(); ++h)
      by_height_[h] = node_hash(by_height_[h - 1], by_height_[h - 1]);
  }
  [[nodiscard]] Result<Hash> node(NodeId id) const override { return by_height_.at(id.height); }
  [[nodiscard]] const Hash& leaf() const { return by_height_[0]; }

 private:
  std::array<Hash, 64> by_height_;
};

TEST(EndlessTree, ProvesUpToTheLargestSizeThereIs) {
  const EndlessTree tree;
  std::vector<std::uint64_t> sizes;
  for (int bit = 0; bit < 64; ++bit)
    for (const std::uint64_t around : {-1, 0, 1})
      sizes.push_back((std::uint64_t{1} << bit) + around);
  sizes.push_back(~std::uint64_t{0});
  for (const std::uint64_t n : sizes) {
    if (n == 0) continue;
    const TreeSize size{n};
    const Hash root = *tree_root(size, tree);
    EXPECT_EQ(Frontier::load(size, tree)->root(), root);
    for (const std::uint64_t other : sizes) {
      SCOPED_TRACE(testing::Message() << other << " and " << n);
      if (const LeafIndex i{other}; contains(size, i)) {
        const Proof proof = *prove_inclusion(i, size, tree);
        ASSERT_LE(proof.size(), 64U);
        ASSERT_TRUE(verify_inclusion(tree.leaf(), i, size, proof, root));
        const Proof range = *prove_range(i, 1, size, tree);
        ASSERT_TRUE(verify_range(std::array{tree.leaf()}, i, size, range, root));
      }
      if (const TreeSize m{other}; m <= size) {
        const Proof proof = *prove_consistency(m, size, tree);
        ASSERT_TRUE(verify_consistency(m, size, proof, *tree_root(m, tree), root));
      }
    }
  }
}

}  // namespace
}  // namespace varve::merkle
