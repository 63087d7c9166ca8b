// Which segments share a file: few files, and always the same ones.
#include "ledger/store/leaf_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace varve::store {
namespace {

constexpr std::uint64_t kSegments = 5'000;  // thirteen years of days

/// Segments of so many leaves each, some of none.
std::vector<LeafIndex> ends_of(std::uint64_t segments, std::uint64_t leaves) {
  std::vector<LeafIndex> ends;
  std::uint64_t end = 0;
  for (std::uint64_t k = 0; k < segments; ++k) ends.emplace_back(end += k % 5 == 3 ? 0 : leaves);
  return ends;
}

TEST(LeafGroups, CoverEachSegmentOnceAndInOrder) {
  const std::vector<LeafIndex> ends = ends_of(kSegments, 100);
  for (std::uint64_t n = 0; n <= kSegments; ++n) {
    LeafGroup next{0, 0, LeafIndex{0}, 0};
    for (const LeafGroup& group : leaf_groups(std::span(ends).first(n))) {
      ASSERT_EQ(group.ordinal, next.ordinal + next.segments) << n;
      ASSERT_EQ(group.first.value, next.first.value + next.leaves) << n;
      ASSERT_EQ(group.first.value + group.leaves, ends[group.ordinal + group.segments - 1].value);
      next = group;
    }
    ASSERT_EQ(next.ordinal + next.segments, n);
  }
}

TEST(LeafGroups, AreAtMostThreeOfEachPowerOfFour) {
  const std::vector<LeafIndex> ends = ends_of(kSegments, 100);
  for (std::uint64_t n = 0; n <= kSegments; ++n) {
    std::map<std::uint64_t, unsigned> of_size;
    for (const LeafGroup& group : leaf_groups(std::span(ends).first(n)))
      ASSERT_LE(++of_size[group.segments], 3u) << n;
    ASSERT_LE(of_size.size(), 7u) << n;
  }
}

// So a file that was made once is removed only when a larger one holds its segments.
TEST(LeafGroups, OnlyGrowTogetherAsSegmentsAreAdded) {
  for (const std::uint64_t leaves_max : {std::uint64_t{0}, std::uint64_t{3'000}, kGroupLeavesMax}) {
    const std::vector<LeafIndex> ends = ends_of(600, 100);
    std::vector<LeafGroup> before;
    for (std::uint64_t n = 1; n <= 600; ++n) {
      auto now = leaf_groups(std::span(ends).first(n), leaves_max);
      for (const LeafGroup& old : before)
        ASSERT_TRUE(std::ranges::any_of(now, [&](const LeafGroup& group) {
          return group.ordinal <= old.ordinal &&
                 old.ordinal + old.segments <= group.ordinal + group.segments;
        })) << n;
      before = std::move(now);
    }
  }
}

TEST(LeafGroups, AreNotLargerThanWhatIsSortedInMemory) {
  constexpr std::uint64_t kMost = 5'000;
  for (const std::uint64_t leaves : {1, 10, 100, 1'000, 4'999, 6'000}) {
    const std::vector<LeafIndex> ends = ends_of(1'000, leaves);
    const auto groups = leaf_groups(ends, kMost);
    for (const LeafGroup& group : groups)
      EXPECT_TRUE(group.segments == 1 || group.leaves <= kMost) << leaves;
    EXPECT_LE(groups.size(), 4 * ends.back().value / kMost + 18 + (leaves > kMost / 4 ? 1'000 : 0))
        << leaves;
  }
}

TEST(LeafGroups, APartIsAQuarterAndTheFourAreTheWhole) {
  const std::vector<LeafIndex> ends = ends_of(256, 10);
  const LeafGroup whole = leaf_groups(ends).front();
  ASSERT_EQ(whole.segments, 256u);
  const auto parts = parts_of(whole, ends);
  ASSERT_EQ(parts.size(), 4u);
  std::uint64_t leaves = 0;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    EXPECT_EQ(parts[k].ordinal, 64 * k);
    EXPECT_EQ(parts[k].segments, 64u);
    EXPECT_EQ(parts[k].first.value, leaves);
    leaves += parts[k].leaves;
  }
  EXPECT_EQ(leaves, whole.leaves);
  EXPECT_EQ(leaf_group_name(whole), "0-255");
  EXPECT_EQ(leaf_group_name({42, 1, LeafIndex{0}, 3}), "42");
}

}  // namespace
}  // namespace varve::store
