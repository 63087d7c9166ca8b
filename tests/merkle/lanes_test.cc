// Sixteen hashes at once are the hashes one after the other: every length around the edges of a
// block, in every number of lanes, also when the lanes' lengths differ.
#include <gtest/gtest.h>

#include "ledger/merkle/tree.h"

namespace varve::merkle {
namespace {

Buffer numbered_bytes(std::size_t length, std::size_t seed) {
  Buffer out(length);
  for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<std::byte>(i * 31 + seed);
  return out;
}

void expect_same(const std::vector<Buffer>& records) {
  const std::vector<Hash> leaves = leaf_hashes(std::vector<Bytes>(records.begin(), records.end()));
  ASSERT_EQ(leaves.size(), records.size());
  for (std::size_t i = 0; i < leaves.size(); ++i)
    ASSERT_EQ(leaves[i], leaf_hash(records[i]))
        << i << " of " << leaves.size() << ", " << records[i].size() << " bytes";
}

TEST(LeafHashes, AreThoseOfEachRecordAloneAtEveryLength) {
  for (std::size_t length = 0; length <= 300; ++length)
    expect_same(std::vector<Buffer>(17, numbered_bytes(length, length)));
}

TEST(LeafHashes, AreThoseOfEachRecordAloneInEveryNumberOfLanesOfAnyLengths) {
  for (std::size_t number = 0; number <= 40; ++number) {
    std::vector<Buffer> records;
    for (std::size_t i = 0; i < number; ++i)
      records.push_back(numbered_bytes((i * 89 + number * 13) % 700, i));
    expect_same(records);
  }
}

}  // namespace
}  // namespace varve::merkle
