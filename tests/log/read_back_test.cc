// What the disk did not keep is not signed: a frame is read back before its root is made.
#include <gtest/gtest.h>

#include "tests/log/lying_disk.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::LyingDisk;
using testing::Source;
using testing::World;

class ReadBack : public ::testing::Test {
 protected:
  void SetUp() override {
    auto disk = std::make_unique<LyingDisk>(std::move(world_.files));
    disk_ = disk.get();
    world_.files = std::move(disk);
    ASSERT_TRUE(world_.open());
  }

  /// `append` finds that the disk lied; nothing of it is signed, and the log goes on from disk.
  template <class Append>
  void expect_refused(Append append) {
    const std::string before = world_.log->latest()->note;
    const int asked = world_.signer.asked;
    disk_->lies = true;
    const Result<Appended> refused = append();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kIo) << refused.error().message;
    EXPECT_EQ(world_.signer.asked, asked);
    EXPECT_EQ(world_.log->latest()->note, before);
    EXPECT_EQ(world_.log->status().state, LogState::kFaulted);
    disk_->lies = false;
    const auto opened = world_.reopen();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(world_.log->latest()->note, before) << "a torn tail is cut";
    EXPECT_TRUE(append());
  }

  World world_;
  LyingDisk* disk_ = nullptr;
};

TEST_F(ReadBack, FindsThatABatchWasNotKept) {
  Source source = world_.registered("ward-3");
  const Buffer batch = source.seal(events(1'000));
  expect_refused([&] { return world_.append(batch); });
}

TEST_F(ReadBack, FindsThatEventsWereNotKept) {
  expect_refused([&] { return world_.append_events(events(3)); });
}

}  // namespace
}  // namespace varve
