// Derived files on a disk that fails: what cannot be read is made again, what cannot be written is
// said, and the log goes on.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/log/disk_below.h"
#include "tests/log/stepped_log.h"

namespace varve {
namespace {

using testing::DiskBelow;
using testing::events;
using testing::World;

/// Files that open and do not give their bytes, until these are written again; and folders in which
/// no file can be made.
class WornDisk final : public DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  [[nodiscard]] Result<std::unique_ptr<env::File>> open_read(
      const std::string& path) const override {
    return worn(DiskBelow::open_read(path), path);
  }
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override {
    return worn(DiskBelow::open_or_create(path), path);
  }
  Result<std::unique_ptr<env::File>> create(const std::string& path) override {
    if (!no_file_in.empty() && path.starts_with(no_file_in))
      return io_error("open " + path + ": Input/output error");
    return DiskBelow::create(path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    bad.erase(to);
    return DiskBelow::rename(from, to);
  }
  Result<void> remove(const std::string& path) override {
    bad.erase(path);
    return DiskBelow::remove(path);
  }

  mutable std::set<std::string> bad;
  std::string no_file_in;  // "leaves/"

 private:
  class WornFile final : public env::File {
   public:
    WornFile(std::unique_ptr<env::File> file, const WornDisk& disk, std::string path)
        : file_(std::move(file)), disk_(disk), path_(std::move(path)) {}
    [[nodiscard]] Result<void> read(ByteOffset at, MutableBytes out) const override {
      if (disk_.bad.contains(path_)) return io_error("read " + path_ + ": Input/output error");
      return file_->read(at, out);
    }
    Result<void> write(ByteOffset at, Bytes bytes) override {
      disk_.bad.erase(path_);
      return file_->write(at, bytes);
    }
    Result<void> sync() override { return file_->sync(); }
    Result<void> truncate(ByteOffset size) override {
      disk_.bad.erase(path_);
      return file_->truncate(size);
    }
    [[nodiscard]] Result<ByteOffset> size() const override { return file_->size(); }
    Result<bool> make_immutable() override { return file_->make_immutable(); }

   private:
    std::unique_ptr<env::File> file_;
    const WornDisk& disk_;
    std::string path_;
  };

  Result<std::unique_ptr<env::File>> worn(Result<std::unique_ptr<env::File>> file,
                                          const std::string& path) const {
    if (!file) return file;
    return std::unique_ptr<env::File>(std::make_unique<WornFile>(std::move(*file), *this, path));
  }
};

TEST(BadSector, InADerivedFileMakesAStartMakeItAgainAndSayIt) {
  for (const char* path : {"appends/0", "tree/00", "catalogue/data.mdb"}) {
    SCOPED_TRACE(path);
    std::string said;
    World world;
    world.notice = [&](std::string_view event, const std::string& sentence) {
      if (event == "derived_rebuilt") said = sentence;
    };
    auto made = std::make_unique<WornDisk>(std::move(*env::open_posix(world.directory)));
    WornDisk& disk = *made;
    world.files = std::move(made);
    ASSERT_TRUE(world.open());
    ASSERT_TRUE(world.append_events(events(3), "key"));
    world.log.reset();
    disk.bad = {path};
    const auto opened = world.open();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_NE(said.find("read " + std::string(path)), std::string::npos) << said;
    EXPECT_TRUE(disk.bad.empty());
    EXPECT_TRUE(world.append_events(events(3), "key")->repeated);
    world.log.reset();
  }
}

/// Signs at once.
class AtOnce final : public log::BackgroundTask {
 public:
  void start(std::function<void()> job) override { job(); }
  [[nodiscard]] bool ended() override { return true; }
  void wait() override {}
};

class UnwritableFolder : public testing::SteppedLog<AtOnce> {
 protected:
  UnwritableFolder() {
    auto made = std::make_unique<WornDisk>(std::move(*env::open_posix(world_.directory)));
    disk_ = made.get();
    world_.files = std::move(made);
    world_.options.segment_bytes_max = 1;  // each step seals
    world_.notice = [this](std::string_view event, const std::string& sentence) {
      if (event == "derived_not_written") said_.push_back(sentence);
    };
    recover();
  }
  /// One segment more.
  void append() {
    EventRequest request;
    request.sender = {format::SenderKind::kClient, "tester"};
    request.body = to_buffer(bytes_of("{}"));
    request.events.push_back({"application/json", request.body, 7});
    bool appended = false;
    std::vector<log::Item> items(1);
    items[0].what = std::move(request);
    items[0].done = [&appended](const Result<Appended>& done) { appended = done.has_value(); };
    sequencer_->step(std::move(items));
    sequencer_->step({});  // the token has signed
    EXPECT_TRUE(appended);
    sequencer_->catalogue_segment();
    sequencer_->update_derived();
  }

  WornDisk* disk_ = nullptr;
  std::vector<std::string> said_;
};

TEST_F(UnwritableFolder, OfLeavesIsSaidAndTheLogGoesOnAndMakesUpForIt) {
  disk_->no_file_in = "leaves/";
  append();
  append();
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_NE(said_.front().find("leaves/"), std::string::npos) << said_.front();
  EXPECT_EQ(sequencer_->status().state, LogState::kServing);
  const TreeSize before = storage_->lookups.end();
  disk_->no_file_in.clear();
  append();
  EXPECT_EQ(said_.size(), 2u);
  EXPECT_GT(storage_->lookups.end(), before);
  EXPECT_EQ(storage_->lookups.end(), storage_->catalogue->position()->size);
}

TEST_F(UnwritableFolder, OfAppendsThatAreToBeTakenTogetherIsSaidAndTheLogGoesOn) {
  for (int k = 0; k < 3; ++k) append();
  disk_->no_file_in = "appends/0-3";
  append();
  append();
  EXPECT_FALSE(said_.empty());
  EXPECT_EQ(sequencer_->status().state, LogState::kServing);
  disk_->no_file_in.clear();
  said_.clear();
  append();
  EXPECT_TRUE(said_.empty());
  EXPECT_TRUE(std::filesystem::exists(world_.directory + "/appends/0-3"));
}

}  // namespace
}  // namespace varve
