// What may be under the name of a temporary file: the rest of a killed write, or a stranger's link.
#include "ledger/env/durable.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/env/posix.h"
#include "temporary_directory.h"

namespace varve::env {
namespace {

namespace fs = std::filesystem;

struct Durable : testing::Test {
  TemporaryDirectory directory;
  std::unique_ptr<Filesystem> files = open_posix(directory.path()).value();

  [[nodiscard]] std::string text(const std::string& name) const {
    return std::string(text_of(read_whole(*files, name, 100).value()));
  }
};

TEST_F(Durable, FileIsWrittenThoughAKillLeftALongerTemporary) {
  ASSERT_TRUE(files->create("a.tmp").value()->write(ByteOffset{0}, bytes_of("much longer")));
  ASSERT_TRUE(write_durably(*files, "a", bytes_of("new")));
  EXPECT_EQ(text("a"), "new");
  EXPECT_EQ(files->list("").value(), std::vector<std::string>{"a"});
}

TEST_F(Durable, FileIsWrittenThroughNoLinkOfEitherKind) {
  ASSERT_TRUE(files->create("victim").value()->write(ByteOffset{0}, bytes_of("precious")));
  const fs::path root = directory.path();
  for (const char* place : {"a.tmp", "a"}) {
    fs::create_symlink(root / "victim", root / place);
    ASSERT_TRUE(write_durably(*files, "a", bytes_of("new")));
    fs::remove(root / "a");
    fs::create_hard_link(root / "victim", root / place);
    ASSERT_TRUE(write_durably(*files, "a", bytes_of("new")));
    EXPECT_EQ(text("victim"), "precious") << place;
    EXPECT_EQ(text("a"), "new");
    fs::remove(root / "a");
  }
}

}  // namespace
}  // namespace varve::env
