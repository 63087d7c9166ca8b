// An output file that is compared with what was written: whatever the disk made of it is noticed.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "ledger/base/codec.h"
#include "ledger/env/posix.h"
#include "temporary_directory.h"
#include "tests/log/disk_below.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

using Alteration = std::function<void(Buffer&)>;

/// Confirms every write, and keeps what an alteration left of it.
class ChangedFile final : public env::File {
 public:
  ChangedFile(std::unique_ptr<env::File> file, const Alteration& change)
      : file_(std::move(file)), change_(change) {}
  Result<void> read(ByteOffset at, MutableBytes out) const override { return file_->read(at, out); }
  Result<void> write(ByteOffset at, Bytes bytes) override {
    Buffer kept = to_buffer(bytes);
    change_(kept);
    return file_->write(at, kept);
  }
  Result<void> sync() override { return file_->sync(); }
  Result<void> truncate(ByteOffset size) override { return file_->truncate(size); }
  [[nodiscard]] Result<ByteOffset> size() const override { return file_->size(); }
  Result<bool> make_immutable() override { return file_->make_immutable(); }

 private:
  std::unique_ptr<env::File> file_;
  const Alteration& change_;
};

class ChangingDisk final : public testing::DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    ASSIGN_OR_RETURN(auto file, DiskBelow::create(path));
    return std::unique_ptr<env::File>(std::make_unique<ChangedFile>(std::move(file), change));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return renames ? DiskBelow::rename(from, to) : Result<void>{};
  }
  Alteration change = [](Buffer&) {};
  bool renames = true;
};

struct KeptFile : ::testing::Test {
  [[nodiscard]] Result<void> replace(const std::string& wanted) {
    return tools::replace_and_compare(disk, "bundle", bytes_of(wanted));
  }
  void expect_refused(const std::string& wanted) {
    const auto replaced = replace(wanted);
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().code, Code::kIo);
    EXPECT_NE(replaced.error().message.find("does not hold what was written"), std::string::npos)
        << replaced.error().message;
  }
  const std::string text = "what was verified\n";
  TemporaryDirectory directory;
  ChangingDisk disk{*env::open_posix(directory.path())};
};

TEST_F(KeptFile, HoldsWhatWasWritten) {
  for (const std::string& each : {text, std::string{}, text + text}) {
    ASSERT_TRUE(replace(each)) << each;
    EXPECT_EQ(directory.read("bundle"), each);
  }
}

TEST_F(KeptFile, OfWhichTheDiskChangedAnyByteIsRefused) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    SCOPED_TRACE(i);
    disk.change = [i](Buffer& kept) { kept[i] ^= std::byte{1}; };
    expect_refused(text);
  }
}

TEST_F(KeptFile, OfWhichTheDiskKeptAPartOrMoreIsRefused) {
  for (std::size_t size = 0; size <= text.size() + 1; ++size) {
    if (size == text.size()) continue;
    SCOPED_TRACE(size);
    disk.change = [size](Buffer& kept) { kept.resize(size, std::byte{'\n'}); };
    expect_refused(text);
  }
}

// The older file is a good one, so that only the comparison notices.
TEST_F(KeptFile, ThatDidNotTakeThePlaceOfAnOlderOneIsRefused) {
  ASSERT_TRUE(replace("what was verified before\n"));
  ASSERT_TRUE(replace("what was verified then\n"));
  disk.renames = false;
  expect_refused(text);
  EXPECT_TRUE(replace("what was verified then\n")) << "the same again";
  std::filesystem::remove(directory.file("bundle"));
  expect_refused(text);
}

}  // namespace
}  // namespace varve::audit
