// Notes of older checkpoints are read from the segment each time they are asked for: what rotted
// there since, or was put there, is not handed out as the log's word.
#include <gtest/gtest.h>

#include <fstream>

#include "ledger/store/frame_codec.h"
#include "ledger/store/segment_reader.h"
#include "tests/log/files.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::bytes_in;
using testing::events;
using testing::World;

/// A log of three groups in one open segment, and where the second one's checkpoint is.
class OldNotes : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.open());
    ASSERT_TRUE(world_.append_events(events(3)));
    old_ = world_.log->latest();
    ASSERT_TRUE(world_.append_events(events(3)));
    bytes_ = bytes_in(path());
    at_ = bytes_.find(old_->note) - store::kFrameHeaderSize;
  }
  [[nodiscard]] std::string path() const { return world_.directory + "/segments/00000000.seg"; }
  void write(const std::string& bytes) const {
    std::fstream(path(), std::ios::in | std::ios::out | std::ios::binary) << bytes;
  }
  auto ask() { return world_.log->checkpoint_at(old_->checkpoint.size); }

  World world_;
  std::shared_ptr<const format::SignedCheckpoint> old_;
  std::string bytes_;
  std::size_t at_ = 0;
};

TEST_F(OldNotes, AreRefusedWithAnyByteChanged) {
  ASSERT_EQ((*ask())->note, old_->note);
  const std::size_t frame = store::kFrameHeaderSize + old_->note.size() + store::kTagSize;
  for (std::size_t k = 0; k < frame; ++k) {
    SCOPED_TRACE(k);
    std::string rotten = bytes_;
    rotten[at_ + k] = static_cast<char>(rotten[at_ + k] ^ 4);
    write(rotten);
    const auto note = ask();
    ASSERT_FALSE(note);
    EXPECT_EQ(note.error().code, Code::kCorrupt) << note.error().message;
  }
  write(bytes_);
  EXPECT_EQ((*ask())->note, old_->note);
}

// A whole frame, as a program would write it, but not signed by the log's key.
TEST_F(OldNotes, AreRefusedWhenAnotherKeySignedThem) {
  const testing::SoftKey thief(world_.options.origin);
  const std::string text = old_->note.substr(0, old_->note.find("\n\n") + 1);
  const std::string forged = format::format_note({text, {thief.note_signature(text)}});
  ASSERT_EQ(forged.size(), old_->note.size());
  const Bytes header = Bytes{bytes_of(bytes_)}.subspan(at_, store::kFrameHeaderSize);
  const auto frame = store::plain_frame(*store::decode_frame_header(header), bytes_of(forged));
  std::string other = bytes_;
  other.replace(at_, frame.bytes.size(), text_of(frame.bytes));
  write(other);
  const auto note = ask();
  ASSERT_FALSE(note);
  EXPECT_EQ(note.error().code, Code::kCorrupt);
  EXPECT_NE(note.error().message.find("segments/00000000.seg"), std::string::npos);
}

}  // namespace
}  // namespace varve
