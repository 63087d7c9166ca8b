// The number of files that varved reserves for a log covers what a log has open that uses all.
#include "ledger/store/open_files.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>

#include "tests/log/disk_below.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::World;

std::uint64_t files_below(const std::string& directory) {
  std::uint64_t count = 0;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the iterator's own
    const auto target = std::filesystem::read_symlink(fd.path(), gone);
    if (!gone && target.string().starts_with(directory)) ++count;
  }
  return count;
}

TEST(OpenFiles, OfALogThatUsesEverythingAreNoMoreThanVarvedReserves) {
  World world;
  world.options.segment_bytes_max = 1;  // a segment for each append
  ASSERT_TRUE(world.open());
  constexpr int kSegmentsMade = 80;
  for (int k = 0; k < kSegmentsMade; ++k)
    ASSERT_TRUE(world.append_events(events(1), std::to_string(k)));
  const std::uint64_t size = world.log->latest()->checkpoint.size.value;
  for (std::uint64_t i = 0; i < size; ++i) ASSERT_TRUE(world.log->records(LeafIndex{i}, 1));
  const std::uint64_t open = files_below(world.directory);
  EXPECT_GT(open, store::kSegmentsKept) << "it uses them";
  // As after a start that has read as many segments as it may before it takes their files together.
  const std::uint64_t of_appends = files_below(world.directory + "/appends");
  EXPECT_LE(open - of_appends + store::kAppendFilesMax, store::kOpenFilesMax);
}

/// A disk on which one hash file cannot be opened while `fails`.
class ShortOfFiles final : public testing::DiskBelow {
 public:
  using DiskBelow::DiskBelow;
  Result<std::unique_ptr<env::File>> open_or_create(const std::string& path) override {
    if (fails && path == "tree/04") return io_error(path + ": Too many open files");
    return DiskBelow::open_or_create(path);
  }
  std::atomic<bool> fails = false;
};

TEST(OpenFiles, OfALogThatTheSystemDoesNotGiveRefuseAnAppendAndStopNothing) {
  World world;
  auto below = std::make_unique<ShortOfFiles>(std::move(world.files));
  ShortOfFiles& disk = *below;
  world.files = std::move(below);
  ASSERT_TRUE(world.open());
  disk.fails = true;
  const auto refused = world.append_events(events(16), "a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kBusy);
  EXPECT_EQ(world.log->status().state, LogState::kServing);
  disk.fails = false;
  ASSERT_TRUE(world.append_events(events(16), "a"));
  EXPECT_TRUE(world.log->node({4, 0}));
}

}  // namespace
}  // namespace varve
