// What a group owns goes with it from stage to stage, and each step refuses what would break an
// invariant: the process stops before anything wrong is signed or acknowledged.
#include "ledger/log/commit_groups.h"

#include <gtest/gtest.h>

namespace varve::log {
namespace {

constexpr ByteOffset kEnd{900};  // of the group's last frame
constexpr TreeSize kSize{7};

merkle::Frontier tree_of(TreeSize size) {
  merkle::Frontier tree;
  while (tree.size() < size) tree.append(merkle::leaf_hash(bytes_of("leaf")));
  return tree;
}

/// Names who is answered, with what.
PendingReply reply(std::vector<std::string>& told, const std::string& name, LeafIndex first,
                   bool repeated = false) {
  return {[&told, name](const Result<Appended>& done) {
            told.push_back(name + (done ? "" : ": " + done.error().message));
          },
          {first, 1, nullptr, repeated, false}};
}

state::MovedSource moved(TreeSize end) {
  return {end, SourceId{end.value}, {}};
}

class CommitGroups : public ::testing::Test {
 protected:
  DurableGroup durable() {
    DurableGroup group{{}, kSize, kEnd};
    group.cargo.replies.push_back(reply(told_, "older", LeafIndex{6}));
    group.cargo.moved.push_back(moved(kSize));
    return group;
  }
  SigningGroup signing() {
    const merkle::Frontier tree = tree_of(kSize);
    return ask_for(durable(), {tree, TreeSize{5}, kEnd}, "log", 3);
  }
  PendingGroup pending() { return sign(signing(), checkpoint(signing()), ByteOffset{950}); }
  static std::shared_ptr<const format::SignedCheckpoint> checkpoint(const SigningGroup& of) {
    return std::make_shared<const format::SignedCheckpoint>(
        format::SignedCheckpoint{of.checkpoint, "note"});
  }
  Cargo newer_cargo() {
    Cargo cargo;
    cargo.replies.push_back(reply(told_, "newer", LeafIndex{7}));
    cargo.moved.push_back(moved(TreeSize{8}));
    cargo.size_bytes = 10;
    return cargo;
  }
  void tell(std::vector<PendingReply> replies) {
    for (PendingReply& one : replies) one.done(std::move(one.appended));
  }
  static std::vector<std::uint64_t> ends(const std::vector<state::MovedSource>& sources) {
    std::vector<std::uint64_t> ends;
    for (const state::MovedSource& source : sources) ends.push_back(source.end.value);
    return ends;
  }

  std::vector<std::string> told_;
};

using CommitGroupsDeathTest = CommitGroups;

TEST_F(CommitGroups, CarryRepliesAndSourcesToThePublication) {
  const auto group = publish(pending(), ByteOffset{950}, TreeSize{5});
  EXPECT_EQ(group.checkpoint->checkpoint.size, kSize);
  EXPECT_EQ(ends(group.moved), std::vector<std::uint64_t>{7});
  ASSERT_EQ(group.replies.size(), 1u);
  EXPECT_EQ(group.replies[0].appended.under, group.checkpoint);
}

TEST_F(CommitGroups, BecomeOneWhenTheTokenRefusesAndTheNewerIsDurable) {
  DurableGroup ahead{newer_cargo(), TreeSize{8}, ByteOffset{1'000}};
  NewerGroup newer = std::move(ahead);
  std::vector<PendingReply> told;
  const UnsignedGroup left = refuse(signing(), newer, told);
  EXPECT_EQ(state_of(left, newer), at::kUnsigned);
  EXPECT_EQ(left.size, TreeSize{8});
  EXPECT_EQ(left.end, ByteOffset{1'000});
  EXPECT_EQ(ends(left.moved), (std::vector<std::uint64_t>{7, 8}));
  tell(std::move(told));
  EXPECT_EQ(told_, (std::vector<std::string>{"older", "newer"}));
}

TEST_F(CommitGroups, StayTwoWhenTheTokenRefusesAndTheNewerIsNotDurable) {
  NewerGroup newer = write_behind({}, {}, newer_cargo());
  std::vector<PendingReply> told;
  const UnsignedGroup left = refuse(signing(), newer, told);
  EXPECT_EQ(state_of(left, newer), at::kUnsignedW);
  EXPECT_EQ(told.size(), 2u);
  EXPECT_EQ(ends(left.moved), std::vector<std::uint64_t>{7});
  const DurableGroup both = adopt(left, {newer_cargo(), TreeSize{8}, ByteOffset{1'000}});
  EXPECT_EQ(ends(both.cargo.moved), (std::vector<std::uint64_t>{7, 8}));
}

TEST_F(CommitGroups, AreWrittenOnWithWhatWasSyncedAhead) {
  NewerGroup newer = DurableGroup{newer_cargo(), TreeSize{8}, kEnd};
  newer = write_behind(std::move(newer), {}, newer_cargo());
  newer = write_behind(std::move(newer), {}, newer_cargo());
  const auto& writing = std::get<WritingGroup>(newer);
  EXPECT_EQ(writing.frames.size(), 2u);
  EXPECT_EQ(writing.cargo.replies.size(), 3u);
  EXPECT_EQ(writing.cargo.size_bytes, 30u);
}

TEST_F(CommitGroups, AnswerARepetitionWithTheNewestOfThem) {
  OlderGroup older = signing();
  NewerGroup newer;
  std::vector<PendingReply> repetition;
  repetition.push_back(reply(told_, "again", LeafIndex{6}, true));
  wait_with(older, newer, std::move(repetition));
  EXPECT_EQ(std::get<SigningGroup>(older).cargo.replies.size(), 2u);
  tell(take_replies(older, newer));
  EXPECT_EQ(told_, (std::vector<std::string>{"older", "again"}));
  EXPECT_EQ(state_of(older, newer), at::kIdle);
}

TEST_F(CommitGroupsDeathTest, AcknowledgeNothingThatIsNotDurable) {  // I1
  EXPECT_DEATH(publish(pending(), ByteOffset{949}, TreeSize{5}), "durable_end");
}

TEST_F(CommitGroupsDeathTest, AcknowledgeNothingThatTheCheckpointDoesNotCover) {  // I1
  PendingGroup group = pending();
  group.cargo.replies.push_back(reply(told_, "later", LeafIndex{7}));
  EXPECT_DEATH(publish(std::move(group), ByteOffset{950}, TreeSize{5}), "reply.end");
}

TEST_F(CommitGroupsDeathTest, ShowNoSourceFurtherThanTheCheckpoint) {
  PendingGroup group = pending();
  group.cargo.moved.push_back(moved(TreeSize{8}));
  EXPECT_DEATH(publish(std::move(group), ByteOffset{950}, TreeSize{5}), "source.end");
}

TEST_F(CommitGroupsDeathTest, AskForNoSignatureOfWhatIsNotDurable) {  // I2
  const merkle::Frontier tree = tree_of(kSize);
  EXPECT_DEATH(ask_for(durable(), {tree, TreeSize{5}, ByteOffset{899}}, "log", 3), "durable_end");
}

TEST_F(CommitGroupsDeathTest, AskForNoSignatureOfATreeWithOtherRecords) {  // I3
  for (const std::uint64_t size : {6u, 8u}) {
    const merkle::Frontier tree = tree_of(TreeSize{size});
    EXPECT_DEATH(ask_for(durable(), {tree, TreeSize{5}, kEnd}, "log", 3), "tree.size");
  }
}

TEST_F(CommitGroupsDeathTest, AskForNoSizeThatWasSigned) {  // I4
  const merkle::Frontier tree = tree_of(kSize);
  for (const std::uint64_t before : {7u, 8u})
    EXPECT_DEATH(ask_for(durable(), {tree, TreeSize{before}, kEnd}, "log", 3), "signed_size");
}

TEST_F(CommitGroupsDeathTest, TakeNoCheckpointThatWasNotAskedFor) {  // I4
  SigningGroup other = signing();
  other.checkpoint.root = Hash{};
  EXPECT_DEATH(sign(signing(), checkpoint(other), ByteOffset{950}), "checkpoint");
}

TEST_F(CommitGroupsDeathTest, PublishNoSizeThatIsNotLarger) {  // I4
  EXPECT_DEATH(publish(pending(), ByteOffset{950}, kSize), "seen < size");
}

TEST_F(CommitGroupsDeathTest, LetNobodyWaitForACheckpointThatDoesNotCome) {  // I1
  OlderGroup older;
  NewerGroup newer;
  std::vector<PendingReply> repetition;
  repetition.push_back(reply(told_, "again", LeafIndex{6}, true));
  EXPECT_DEATH(wait_with(older, newer, std::move(repetition)), "newest");
}

}  // namespace
}  // namespace varve::log
