// A proof made from what is in memory after a group of appends is the proof made from all hashes:
// for every tree up to a size, every group at its end, and every range of the group.
#include "ledger/merkle/new_nodes.h"

#include <gtest/gtest.h>

#include "ledger/merkle/proof.h"
#include "memory_tree.h"

namespace varve::merkle {
namespace {

constexpr std::uint64_t kLargest = 40;

TEST(NewNodes, ProvesEveryRangeOfWhatWasAppendedAndNothingElse) {
  for (std::uint64_t before = 0; before < kLargest; ++before) {
    MemoryTree all(before);
    NewNodes edge(all.frontier);
    for (std::uint64_t size = before + 1; size <= kLargest; ++size) {
      Frontier was = all.frontier;
      all.grow();
      was.append(all.leaves.back(), &edge);
      for (std::uint64_t first = before; first < size; ++first)
        for (std::uint64_t count = 1; count <= size - first; ++count)
          ASSERT_EQ(*prove_range(LeafIndex{first}, count, TreeSize{size}, edge),
                    *prove_range(LeafIndex{first}, count, TreeSize{size}, all))
              << before << " " << size << " " << first << " " << count;
    }
    EXPECT_FALSE(edge.node({0, kLargest}));
    if (before > 1) {
      EXPECT_FALSE(edge.node({0, before - 2}));
    }
  }
}

}  // namespace
}  // namespace varve::merkle
