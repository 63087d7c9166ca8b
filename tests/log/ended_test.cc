// A log whose newest records are lost for good: it serves what is left, and signs nothing ever
// again.
#include <gtest/gtest.h>

#include <filesystem>

#include "ledger/store/mark_file.h"
#include "ledger/upkeep/audit.h"
#include "tests/log/world.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using testing::events;
using testing::Source;
using testing::World;

/// A store that ends before its mark: an older copy of it was all that was left.
class EndedLog : public ::testing::Test {
 protected:
  EndedLog() : marks_(world_.directory + "-marks"), copy_(world_.directory + "-copy") {
    fs::create_directory(marks_);
    mark_files_ = std::move(*env::open_posix(marks_));
    mark_ = store::mark_file(*mark_files_, "log.mark");
    world_.marks = mark_.get();
  }
  ~EndedLog() override {
    world_.log.reset();
    fs::remove_all(marks_);
    fs::remove_all(copy_);
  }
  void SetUp() override {
    ASSERT_TRUE(world_.open());
    source_.emplace(world_.registered("ward-3"));
    ASSERT_TRUE(world_.append(source_->seal(events(9))));
    ASSERT_TRUE(world_.reopen());
    ASSERT_TRUE(world_.append(source_->seal(events(4))));
    left_ = world_.log->latest()->note;
    const std::uint64_t size = world_.log->latest()->checkpoint.size.value;
    for (std::uint64_t i = 0; i < size; ++i)
      records_.push_back(world_.log->records(LeafIndex{i}, 1)->front());
    fs::copy(world_.directory, copy_, fs::copy_options::recursive);
    lost_batch_ = source_->seal(events(2));
    ASSERT_TRUE(world_.append(lost_batch_));
    world_.log.reset();
    ASSERT_EQ(std::system(("chattr -R -f -i " + world_.directory + "; true").c_str()), 0);
    for (const auto& entry : fs::directory_iterator(world_.directory)) fs::remove_all(entry);
    for (const auto& entry : fs::directory_iterator(copy_))
      fs::copy(entry, fs::path(world_.directory) / entry.path().filename(),
               fs::copy_options::recursive);
  }
  [[nodiscard]] std::size_t findings() {
    const auto report = testing::audit_store(world_.options, world_.environment());
    return report ? report->findings.size() : 99;
  }

  World world_;
  const std::string marks_;
  const std::string copy_;
  std::unique_ptr<env::Filesystem> mark_files_;
  std::unique_ptr<env::HighWaterMark> mark_;
  std::optional<Source> source_;
  Buffer lost_batch_;
  std::string left_;  // the newest checkpoint that is
  std::vector<Buffer> records_;
};

TEST_F(EndedLog, ServesWhatIsLeftAndNothingIsSignedOrAdded) {
  EXPECT_EQ(world_.open().error().code, Code::kCorrupt) << "unless it is said to have ended";
  EXPECT_EQ(findings(), 1U);
  world_.options.ended = true;
  const Buffer mark_before = to_buffer((*mark_->read()).front().root.view());
  const int asked = world_.signer.asked;
  for (int start = 0; start < 2; ++start) {
    const auto opened = world_.open();
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(world_.log->latest()->note, left_);
    for (std::uint64_t i = 0; i < records_.size(); ++i)
      EXPECT_EQ(world_.log->records(LeafIndex{i}, 1)->front(), records_[i]);
    EXPECT_EQ(world_.append(lost_batch_).error().code, Code::kWorm);
    EXPECT_EQ(world_.append_events(events(1)).error().code, Code::kWorm);
    const Source other("ward-4", world_.options.origin);
    EXPECT_EQ(world_.append_control(format::Kind::kSourceEvent, other.register_note()).error().code,
              Code::kWorm);
    EXPECT_EQ(world_.log->status().state, LogState::kServing);
    EXPECT_NE(world_.log->status().reason.find("has ended"), std::string::npos);
    world_.log.reset();
    EXPECT_EQ(findings(), 0U);
  }
  EXPECT_EQ(world_.signer.asked, asked);
  EXPECT_EQ(to_buffer((*mark_->read()).front().root.view()), mark_before);
  world_.options.ended = false;
  EXPECT_EQ(world_.open().error().code, Code::kCorrupt) << "the way back is closed";
}

TEST_F(EndedLog, WithATailThatNobodySignedLeavesItUnsigned) {
  world_.marks = nullptr;
  ASSERT_TRUE(world_.open());
  world_.signer.down = true;
  EXPECT_FALSE(world_.append(lost_batch_));
  world_.log.reset();
  world_.signer.down = false;
  const int asked = world_.signer.asked;
  world_.options.ended = true;
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(world_.log->latest()->note, left_);
  EXPECT_EQ(world_.log->records(LeafIndex{records_.size()}, 1).error().code, Code::kNotFound);
  world_.log.reset();
  EXPECT_EQ(world_.signer.asked, asked);
}

TEST_F(EndedLog, IsStillNotAnotherHistory) {
  fs::remove(marks_ + "/log.mark");
  mark_ = store::mark_file(*mark_files_, "log.mark");
  world_.marks = mark_.get();
  const Hash log = merkle::sha256(bytes_of(world_.options.origin));
  ASSERT_TRUE(mark_->write({log, TreeSize{3}, Hash{}}));
  world_.options.ended = true;
  const auto opened = world_.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("another history"), std::string::npos);
}

TEST_F(EndedLog, OfWhichNothingIsLeftDoesNotOpen) {
  for (const auto& entry : fs::directory_iterator(world_.directory)) fs::remove_all(entry);
  world_.options.ended = true;
  const int asked = world_.signer.asked;
  EXPECT_EQ(world_.open().error().code, Code::kInvalid);
  EXPECT_EQ(world_.signer.asked, asked);
}

}  // namespace
}  // namespace varve
