// Leaves that no file leaves/<ordinal> has yet are found by their hashes: those that are published,
// and no others.
#include "ledger/read/recent_leaves.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "ledger/env/posix.h"

namespace varve::log {
namespace {

constexpr std::uint64_t kLeaves = 40'000;  // more than are read at once

class RecentLeavesOnDisk : public ::testing::Test {
 protected:
  RecentLeavesOnDisk() {
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = *env::open_posix(directory_);
    hashes_ = *store::HashFiles::open(*files_);
    for (std::uint64_t i = 0; i < kLeaves; ++i) hashes_->completed({0, i}, leaf(i));
    CHECK(hashes_->flush().has_value());
    recent_ = std::make_unique<read::RecentLeaves>(*hashes_);
  }
  ~RecentLeavesOnDisk() override { std::filesystem::remove_all(directory_); }

  /// Each leaf has a neighbour whose hash begins alike, and there are few beginnings.
  static Hash leaf(std::uint64_t i) {
    Hash hash = merkle::leaf_hash(bytes_of(std::to_string(i)));
    std::fill_n(hash.bytes.begin(), 3, std::byte{});
    hash.bytes[0] = static_cast<std::byte>(i % 7);
    hash.bytes[2] = static_cast<std::byte>(i / 512);
    return hash;
  }
  std::optional<LeafIndex> find(const Hash& hash, std::uint64_t from, std::uint64_t to) {
    const auto found = recent_->find(hash, TreeSize{from}, TreeSize{to});
    CHECK(found.has_value());
    return *found;
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  std::unique_ptr<store::HashFiles> hashes_;
  std::unique_ptr<read::RecentLeaves> recent_;
};

TEST_F(RecentLeavesOnDisk, AreFoundOncePublishedAndUntilTheirSegmentIsRecorded) {
  for (std::uint64_t to = 1; to <= kLeaves; to += 1 + to / 3) {
    EXPECT_EQ(find(leaf(to - 1), 0, to), LeafIndex{to - 1});
    EXPECT_EQ(find(leaf(to / 2), 0, to), LeafIndex{to / 2});
    EXPECT_FALSE(find(leaf(to), 0, to)) << to;
  }
  EXPECT_EQ(find(leaf(100), 0, kLeaves), LeafIndex{100});
  EXPECT_FALSE(find(leaf(100), 0, 100));  // under an older checkpoint it is not there yet
  EXPECT_EQ(find(leaf(20'000), 20'000, kLeaves), LeafIndex{20'000});
  EXPECT_FALSE(find(leaf(19'999), 20'000, kLeaves));
  EXPECT_FALSE(find(Hash{}, 20'000, kLeaves));
}

TEST_F(RecentLeavesOnDisk, AreAllFound) {
  for (std::uint64_t i = 0; i < kLeaves; i += 3) ASSERT_EQ(find(leaf(i), 0, kLeaves), LeafIndex{i});
}

}  // namespace
}  // namespace varve::log
