// The root of the older tree, as a consistency proof shows it to whoever knows the newer root alone.
#include <gtest/gtest.h>

#include <bit>

#include "memory_tree.h"

namespace varve::merkle {
namespace {

TEST(RootInConsistency, IsTheOlderTreesForAllPairsOfSizesButPowersOfTwo) {
  constexpr std::uint64_t kMost = 40;
  const MemoryTree tree(kMost);
  for (std::uint64_t n = 1; n <= kMost; ++n)
    for (std::uint64_t m = 0; m <= n; ++m) {
      SCOPED_TRACE(testing::Message() << m << " of " << n);
      const Hash root = *tree_root(TreeSize{n}, tree);
      const Proof proof = *prove_consistency(TreeSize{m}, TreeSize{n}, tree);
      const auto shown = root_in_consistency(TreeSize{m}, TreeSize{n}, proof, root);
      const bool holds = m != 0 && m != n && !std::has_single_bit(m);
      ASSERT_EQ(shown.has_value(), holds);
      if (!holds) continue;
      EXPECT_EQ(*shown, *tree_root(TreeSize{m}, tree));
      for (std::size_t i = 0; i < proof.size(); ++i) {
        Proof bad = proof;
        bad[i].bytes[3] ^= std::byte{4};
        EXPECT_FALSE(root_in_consistency(TreeSize{m}, TreeSize{n}, bad, root)) << i;
      }
    }
}

}  // namespace
}  // namespace varve::merkle
