// What a store in a scratch directory stands on: keys that end with their vault, and files that can be deleted.
#include "tools/varved/scratch_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

MemoryVault make_vault() {
  CHECK(env::initialize().has_value());
  return *MemoryVault::make(env::system_random());
}

TEST(MemoryVault, OpensWhatItWrappedUnalteredAndNothingElse) {
  MemoryVault vault = make_vault();
  const Buffer key(32, std::byte{7});
  const auto wrapped = vault.wrap("drill/2026-11", key);
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(wrapped->size(), 40U) << "as a token wraps it";
  const auto opened = vault.unwrap("drill/2026-11", *wrapped);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(std::ranges::equal(opened->view(), key));
  for (std::size_t at = 0; at < wrapped->size(); ++at) {
    Buffer altered = *wrapped;
    altered[at] ^= std::byte{1};
    EXPECT_EQ(vault.unwrap("drill/2026-11", altered).error().code, Code::kCorrupt) << at;
  }
  for (std::size_t size = 0; size < wrapped->size(); ++size)
    EXPECT_FALSE(vault.unwrap("drill/2026-11", Bytes{*wrapped}.first(size))) << size;
  MemoryVault other = make_vault();
  EXPECT_EQ(other.unwrap("drill/2026-11", *wrapped).error().code, Code::kCorrupt);
}

TEST(DeletableFiles, NeverBecomeImmutable) {
  std::string directory = ::testing::TempDir() + "varve-scratch-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const auto files = deletable(*env::open_posix(directory));
  const auto file = *files->create("sealed");
  ASSERT_TRUE(file->write(ByteOffset{0}, Buffer(3, std::byte{1})));
  const auto immutable = file->make_immutable();
  EXPECT_TRUE(immutable && !*immutable);
  ASSERT_TRUE(file->write(ByteOffset{3}, Buffer(3, std::byte{2})));
  EXPECT_EQ(fs::remove_all(directory), 2U);
}

}  // namespace
}  // namespace varve::tools
