// The bytes of a file of leaves/: what is accepted as made of some leaves, and what is found in it.
#include "ledger/store/leaf_lookup.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

class LookupFile : public ::testing::Test {
 protected:
  LookupFile() {
    std::string pattern = ::testing::TempDir() + "varve-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    files_ = *env::open_posix(directory_);
    file_ = *files_->create("lookup");
  }
  ~LookupFile() override { std::filesystem::remove_all(directory_); }

  static Hash leaf(std::uint64_t i) { return merkle::leaf_hash(bytes_of(std::to_string(i))); }

  void add(const Hash& leaf) { append(leaves_, leaf.view()); }
  ReadLeaves read() const {
    return [this](LeafIndex first, std::uint64_t count) -> Result<Buffer> {
      return to_buffer(Bytes{leaves_}.subspan(first.value * kHashSize, count * kHashSize));
    };
  }
  std::uint64_t count() const { return leaves_.size() / kHashSize; }
  Buffer made() const {
    const auto lookup = LeafLookup::of(read(), LeafIndex{0}, count());
    CHECK(lookup.has_value());
    return to_buffer(lookup->bytes());
  }
  bool is_accepted(Bytes bytes) {
    CHECK(file_->truncate(ByteOffset{0}).has_value());
    CHECK(file_->write(ByteOffset{0}, bytes).has_value());
    const auto same = is_leaf_lookup_of(*file_, read(), LeafIndex{0}, count());
    CHECK(same.has_value());
    return *same;
  }

  std::string directory_;
  std::unique_ptr<env::Filesystem> files_;
  std::unique_ptr<env::File> file_;
  Buffer leaves_;
};

TEST_F(LookupFile, IsThatOfItsLeavesAndOfNoOthers) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    Hash hash = leaf(i);
    hash.bytes[0] = static_cast<std::byte>(i % 3);  // many begin alike
    hash.bytes[1] = hash.bytes[2] = hash.bytes[3] = std::byte{};
    add(hash);
  }
  const Buffer file = made();
  EXPECT_TRUE(is_accepted(file));
  EXPECT_FALSE(is_accepted(Bytes{file}.first(file.size() - kLeafEntrySize)));
  EXPECT_FALSE(is_accepted(Bytes{file}.first(file.size() - 1)));
  for (std::size_t at = 0; at < file.size(); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      Buffer altered = file;
      altered[at] ^= static_cast<std::byte>(1u << bit);
      ASSERT_FALSE(is_accepted(altered)) << at << " " << bit;
    }
  for (std::size_t entry = 0; entry + 1 < count(); ++entry) {
    Buffer swapped = file;
    const auto here = swapped.begin() + static_cast<std::ptrdiff_t>(entry * kLeafEntrySize);
    std::swap_ranges(here, here + kLeafEntrySize, here + kLeafEntrySize);
    ASSERT_FALSE(is_accepted(swapped)) << entry;
    const auto original = file.begin() + static_cast<std::ptrdiff_t>(entry * kLeafEntrySize);
    std::copy_n(original, kLeafEntrySize, here + kLeafEntrySize);  // one twice
    std::copy_n(original, kLeafEntrySize, here);
    ASSERT_FALSE(is_accepted(swapped)) << entry;
  }
}

TEST_F(LookupFile, FindsEveryLeafAmongMoreThanAreReadAtOnce) {
  constexpr std::uint64_t kLeaves = 70'000;
  constexpr std::uint64_t kDifferent = 69'900;  // 100 twice
  for (std::uint64_t i = 0; i < kLeaves; ++i) add(leaf(i % kDifferent));
  ASSERT_TRUE(is_accepted(made()));
  for (std::uint64_t i = 0; i < kLeaves; ++i) {
    const auto found = look_up_leaf(*file_, kLeaves, leaf(i % kDifferent));
    ASSERT_TRUE(found);
    ASSERT_TRUE(std::ranges::any_of(*found, [i](const LeafEntry& e) {
      return e.number == i && e.prefix == leaf_prefix(leaf(i % kDifferent));
    })) << i;
    ASSERT_LE(found->size(), 5u) << "the leaf, those that begin alike, and one on either side";
  }
  EXPECT_EQ(look_up_leaf(*file_, kLeaves - 1, leaf(0)).error().code, Code::kCorrupt);
}

TEST_F(LookupFile, OfNoLeavesIsEmpty) {
  EXPECT_TRUE(made().empty());
  EXPECT_TRUE(is_accepted({}));
  EXPECT_TRUE(look_up_leaf(*file_, 0, leaf(0))->empty());
}

}  // namespace
}  // namespace varve::store
