// The few things that can be done with positions and sizes. What cannot be done with them is in
// types_compile_fail.cc.
#include "ledger/base/types.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(Types, ATreeContainsExactlyTheIndexesBelowItsSize) {
  EXPECT_FALSE(contains(TreeSize{0}, LeafIndex{0}));
  for (std::uint64_t size = 1; size < 20; ++size) {
    EXPECT_TRUE(contains(TreeSize{size}, LeafIndex{size - 1}));
    EXPECT_FALSE(contains(TreeSize{size}, LeafIndex{size}));
  }
}

TEST(Types, TheNextIndexIsTheSizeAndBack) {
  EXPECT_EQ(end_of(TreeSize{5}), LeafIndex{5});
  EXPECT_EQ(size_before(LeafIndex{5}), TreeSize{5});
}

TEST(Types, ADefaultNumberIsZeroAndADefaultHashIsZeros) {
  EXPECT_EQ(LeafIndex{}.value, 0u);
  EXPECT_EQ(Hash{}.view().size(), kHashSize);
  for (const std::byte b : Hash{}.bytes) EXPECT_EQ(b, std::byte{0});
}

TEST(Types, HashesCompareByteByByte) {
  Hash a, b;
  EXPECT_EQ(a, b);
  b.bytes[31] = std::byte{1};
  EXPECT_NE(a, b);
  EXPECT_LT(a, b);
}

}  // namespace
}  // namespace varve
