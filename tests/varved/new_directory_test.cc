// A directory that is made beside and named at the end: whole or not at all, run after run.
#include "tools/common/new_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace varve::tools {
namespace {

namespace fs = std::filesystem;

class NewDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = ::testing::TempDir() + "new-directory-" + std::to_string(::getpid());
    fs::remove_all(root_);
    fs::create_directory(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }
  [[nodiscard]] static std::string refusal(const std::string& path) {
    const auto made = NewDirectory::create(path);
    return made ? "made" : made.error().message;
  }
  static void write(const std::string& path) { std::ofstream(path) << "x"; }

  std::string root_;
};

TEST_F(NewDirectoryTest, HasItsNameOnceItIsPublishedAndLeavesNothingElse) {
  auto made = NewDirectory::create(path("a/"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->path(), fs::canonical(root_).string() + "/a");
  write(made->beside() + "/file");
  write(made->beside() + "/" + NewDirectory::kNote);
  EXPECT_FALSE(fs::exists(path("a")));
  ASSERT_TRUE(made->publish());
  EXPECT_EQ(entries(), 1U);
  EXPECT_TRUE(fs::exists(path("a/file")));
  EXPECT_EQ(std::distance(fs::directory_iterator(path("a")), fs::directory_iterator()), 1);
}

TEST_F(NewDirectoryTest, TakesThePlaceOfAnEmptyOneAndOfNothingElse) {
  fs::create_directory(path("empty"));
  auto made = NewDirectory::create(path("empty"));
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(made->publish());

  fs::create_directory(path("full"));
  write(path("full/file"));
  EXPECT_NE(refusal(path("full")).find("/full is not empty"), std::string::npos);
  EXPECT_NE(refusal(path("full/file")).find("is no directory"), std::string::npos);
  fs::create_symlink(path("empty"), path("link"));
  EXPECT_NE(refusal(path("link")).find("is a symbolic link"), std::string::npos);
  fs::create_symlink(path("nowhere"), path("dangling"));
  EXPECT_NE(refusal(path("dangling")).find("is a symbolic link"), std::string::npos);
  EXPECT_NE(refusal(path("none/a")).find("make this directory first"), std::string::npos);
  EXPECT_NE(refusal("/").find("names no new directory"), std::string::npos);
  EXPECT_NE(refusal("").find("names no new directory"), std::string::npos);
  EXPECT_NE(refusal(path("a\nb")).find("not visible"), std::string::npos);
  EXPECT_EQ(entries(), 4U);
}

TEST_F(NewDirectoryTest, IsGoneWhenItGoesWithoutAName) {
  {
    auto made = NewDirectory::create(path("a"));
    ASSERT_TRUE(made) << made.error().message;
    write(made->beside() + "/file");
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(NewDirectoryTest, IsGoneWhenItsNameIsTakenMeanwhile) {
  {
    auto made = NewDirectory::create(path("a"));
    ASSERT_TRUE(made) << made.error().message;
    fs::create_directory(path("a"));
    write(path("a/of somebody else"));
    EXPECT_FALSE(made->publish());
  }
  EXPECT_EQ(entries(), 1U);
  EXPECT_TRUE(fs::exists(path("a/of somebody else")));
}

TEST_F(NewDirectoryTest, ClearsWhatAKilledRunLeftButItsNote) {
  fs::create_directories(path(".a.varve-new/folder"));
  for (const char* name : {"file", ".hidden", "folder/file", NewDirectory::kNote, "lock"})
    write(path(".a.varve-new/") + name);
  auto made = NewDirectory::create(path("a"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->files().list("").value(),
            (std::vector<std::string>{"lock", NewDirectory::kNote}));
  EXPECT_FALSE(fs::exists(path(".a.varve-new/.hidden")));
}

TEST_F(NewDirectoryTest, IsMadeByOneAtATime) {
  auto made = NewDirectory::create(path("a"));
  ASSERT_TRUE(made) << made.error().message;
  write(made->beside() + "/file");
  EXPECT_NE(refusal(path("a")).find("another process is making it"), std::string::npos);
  EXPECT_TRUE(fs::exists(made->beside() + "/file"));
}

TEST_F(NewDirectoryTest, IsNotMadeInADirectoryThatOthersCanChange) {
  fs::create_directory(path(".a.varve-new"));
  fs::permissions(path(".a.varve-new"), fs::perms::all);
  EXPECT_NE(refusal(path("a")).find("not a directory of this user alone"), std::string::npos);
  fs::create_directory_symlink(root_, path(".b.varve-new"));
  EXPECT_NE(refusal(path("b")).find("not a directory of this user alone"), std::string::npos);
}

}  // namespace
}  // namespace varve::tools
