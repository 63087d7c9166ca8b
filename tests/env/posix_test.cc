// The real file system, with real files in a directory of the test's own.
#include "ledger/env/posix.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "temporary_directory.h"

namespace varve::env {
namespace {

class Posix : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::unique_ptr<Filesystem> files_ = open_posix(directory_.path()).value();
};

Buffer content(const File& file) {
  Buffer bytes(file.size().value().value);
  EXPECT_TRUE(file.read(ByteOffset{0}, bytes));
  return bytes;
}

TEST_F(Posix, OpensOnlyADirectoryThatIsThere) {
  EXPECT_EQ(open_posix(directory_.path() + "/none").error().code, Code::kNotFound);
  ASSERT_TRUE(files_->create("plain"));
  EXPECT_EQ(open_posix(directory_.path() + "/plain").error().code, Code::kIo);
}

TEST_F(Posix, ReadsBackWhatItWroteAnywhereInTheFile) {
  const auto file = files_->create("a").value();
  ASSERT_TRUE(file->write(ByteOffset{0}, bytes_of("hello")));
  ASSERT_TRUE(file->write(ByteOffset{7}, bytes_of("world")));
  ASSERT_TRUE(file->write(ByteOffset{0}, bytes_of("J")));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(text_of(content(*file)), std::string_view("Jello\0\0world", 12));
}

TEST_F(Posix, CreatesAFileOnceOnly) {
  ASSERT_TRUE(files_->create("a"));
  EXPECT_EQ(files_->create("a").error().code, Code::kWorm);
}

TEST_F(Posix, OpensWhatIsThereWithoutEmptyingIt) {
  ASSERT_TRUE(files_->create("a").value()->write(ByteOffset{0}, bytes_of("kept")));
  EXPECT_EQ(files_->open_or_create("a").value()->size().value(), ByteOffset{4});
  EXPECT_EQ(files_->open_or_create("b").value()->size().value(), ByteOffset{0});
  EXPECT_EQ(files_->open_read("c").error().code, Code::kNotFound);
}

TEST_F(Posix, KeepsFilesFromOtherUsers) {
  ASSERT_TRUE(files_->create("a"));
  struct stat st {};
  ASSERT_EQ(::stat(files_->system_path("a").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_F(Posix, RefusesEveryModeThatGivesOthersMoreThanTheyMay) {
  ASSERT_TRUE(files_->create("file"));
  ASSERT_TRUE(files_->make_directory("folder"));
  for (const std::string name : {"file", "folder"}) {
    const std::string path = files_->system_path(name);
    for (unsigned mode = 0; mode < 01000; ++mode) {
      ASSERT_EQ(::chmod(path.c_str(), mode), 0);
      EXPECT_EQ(check_mode(path, Others::kNothing).has_value(), (mode & 07) == 0)
          << std::oct << mode;
      EXPECT_EQ(check_mode(path, Others::kRead).has_value(), (mode & 02) == 0) << std::oct << mode;
    }
    EXPECT_EQ(check_mode(path, Others::kRead).error().code, Code::kInvalid);
    ::chmod(path.c_str(), 0700);
  }
  EXPECT_EQ(check_mode(directory_.path() + "/none", Others::kRead).error().code, Code::kNotFound);
  EXPECT_TRUE(check_mode("/dev/null", Others::kNothing)) << "a device";
}

TEST_F(Posix, ManyReadAndNobodyWritesMeanwhile) {
  {
    const auto one = lock_for_reading(directory_.path(), "lock");
    const auto other = lock_for_reading(directory_.path(), "lock");
    ASSERT_TRUE(one && other);
    EXPECT_TRUE((*one)->check());
    EXPECT_EQ(files_->lock("lock").error().code, Code::kWorm);
  }
  std::filesystem::remove(directory_.path() + "/lock");
  { ASSERT_TRUE(lock_for_reading(directory_.path(), "lock")); }
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/lock")) << "nothing is made";
  const auto writer = files_->lock("lock");
  ASSERT_TRUE(writer);
  EXPECT_EQ(lock_for_reading(directory_.path(), "lock").error().code, Code::kWorm);
  EXPECT_EQ(lock_for_reading(directory_.path() + "/none", "lock").error().code, Code::kNotFound);
}

TEST_F(Posix, NamesThisRunOfTheMachineTheSameEachTime) {
  EXPECT_GE(boot_id().size(), 36u) << "a UUID";
  EXPECT_EQ(boot_id(), boot_id());
}

TEST_F(Posix, SaysThatAFileIsShorterThanWhatWasAskedFor) {
  const auto file = files_->create("a").value();
  ASSERT_TRUE(file->write(ByteOffset{0}, bytes_of("four")));
  for (std::uint64_t at = 0; at < 6; ++at) {
    Buffer out(4);
    const auto outcome = file->read(ByteOffset{at}, out);
    EXPECT_EQ(outcome.has_value(), at == 0) << at;
    if (!outcome) {
      EXPECT_EQ(outcome.error().code, Code::kCorrupt);
    }
  }
}

TEST_F(Posix, WillNotWriteThroughAHandleThatOnlyReads) {
  ASSERT_TRUE(files_->create("a"));
  EXPECT_EQ(files_->open_read("a").value()->write(ByteOffset{0}, bytes_of("x")).error().code,
            Code::kIo);
}

TEST_F(Posix, CutsAFile) {
  const auto file = files_->create("a").value();
  ASSERT_TRUE(file->write(ByteOffset{0}, bytes_of("0123456789")));
  ASSERT_TRUE(file->truncate(ByteOffset{4}));
  EXPECT_EQ(text_of(content(*file)), "0123");
}

TEST_F(Posix, ListsPlainNamesInOrder) {
  ASSERT_TRUE(files_->make_directory("d"));
  ASSERT_TRUE(files_->make_directory("d")) << "it may be there already";
  for (const char* name : {"d/b", "d/a", "d/c", "d/.hidden"}) ASSERT_TRUE(files_->create(name));
  EXPECT_EQ(files_->list("d").value(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(files_->list("none").error().code, Code::kNotFound);
}

TEST_F(Posix, RenamesAndRemoves) {
  ASSERT_TRUE(files_->create("a"));
  ASSERT_TRUE(files_->rename("a", "b"));
  EXPECT_FALSE(files_->open_read("a"));
  ASSERT_TRUE(files_->open_read("b"));
  ASSERT_TRUE(files_->remove("b"));
  EXPECT_EQ(files_->remove("b").error().code, Code::kNotFound);
  EXPECT_TRUE(files_->sync_directory(""));
  EXPECT_EQ(files_->sync_directory("none").error().code, Code::kNotFound);
}

// The flag needs a file system that has it and the privilege to set it; read-only is always.
TEST_F(Posix, MakesAFileReadOnlyAndSaysWhetherItIsImmutableToo) {
  auto file = files_->create("a").value();
  const bool immutable = file->make_immutable().value();
  struct stat st {};
  ASSERT_EQ(::stat(files_->system_path("a").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0444u);
  EXPECT_EQ(!files_->remove("a").has_value(), immutable);
  std::cout << "immutable flag " << (immutable ? "took" : "did not take") << " here\n";
  if (immutable) make_mutable(files_->system_path("a"));
}

TEST_F(Posix, KnowsHowMuchSpaceIsLeft) {
  EXPECT_GT(files_->free_bytes().value(), 0u);
}

TEST(PosixClock, MovesForward) {
  const std::uint64_t now = posix_clock().now_us();
  EXPECT_GT(now, 1'700'000'000'000'000u) << "microseconds since 1970";
  EXPECT_GE(posix_clock().now_us(), now);
  const std::uint64_t steady = posix_clock().steady_ms();
  EXPECT_GE(posix_clock().steady_ms(), steady);
}

TEST(SystemRandom, DoesNotRepeatItself) {
  ASSERT_TRUE(initialize());
  Buffer a(32), b(32);
  system_random().fill(a);
  system_random().fill(b);
  EXPECT_NE(a, b);
  EXPECT_NE(a, Buffer(32));
}

}  // namespace
}  // namespace varve::env
