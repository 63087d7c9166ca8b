// Rounds: which cosignatures come together on one note, however late and in whatever order.
#include "api/outbound/witness_rounds.h"

#include <gtest/gtest.h>

#include "tests/format/test_cosigner.h"

namespace varve::api {
namespace {

struct Rounds : ::testing::Test {
  [[nodiscard]] static format::Checkpoint tree(std::uint64_t size) {
    return {"log.example", TreeSize{size}, {}};
  }
  void begin(std::uint64_t size) {
    const std::string text = format::checkpoint_text(tree(size));
    rounds.begin(std::make_shared<const format::SignedCheckpoint>(
        format::SignedCheckpoint{tree(size), format::signed_note(text, {&log})}));
  }
  /// The size of the note that it makes, or 0.
  std::uint64_t add(std::uint64_t size, std::size_t witness, std::uint64_t time_s = 1) {
    const auto line = witnesses[witness].cosign(format::checkpoint_text(tree(size)), time_s);
    auto made = rounds.add(tree(size), witness, {time_s, line});
    if (!made) return 0;
    note = made->note;
    return made->size.value;
  }
  /// Of the last note, each witness's time, or 0.
  [[nodiscard]] std::vector<std::uint64_t> times() const {
    const auto found = format::cosigners_of(note, policy);
    std::vector<std::uint64_t> out;
    for (const auto& one : found->by_witness) out.push_back(one ? one->time_s : 0);
    EXPECT_TRUE(found->is_quorum);
    EXPECT_TRUE(format::verify_note(*format::parse_note(note), {&log.verifier(), 1}));
    return out;
  }

  const format::TestKey log = format::TestKey::ed25519("log.example", 9);
  const std::vector<format::TestCosigner> witnesses{{"w0", 1}, {"w1", 2}, {"w2", 3}};
  const format::WitnessPolicy policy = *format::WitnessPolicy::parse(
      "witness A " + witnesses[0].vkey() + "\nwitness B " + witnesses[1].vkey() + "\nwitness C " +
      witnesses[2].vkey() + "\ngroup g 2 A B C\nquorum g\n");
  WitnessRounds rounds{policy};
  std::string note;
};

TEST_F(Rounds, MakeANoteOnceThereIsAQuorumAndABetterOneWithEachThatComesLater) {
  begin(5);
  EXPECT_EQ(add(5, 1, 11), 0U);
  EXPECT_EQ(add(5, 2, 12), 5U);
  EXPECT_EQ(times(), (std::vector<std::uint64_t>{0, 11, 12}));
  EXPECT_EQ(add(5, 0, 13), 5U);
  EXPECT_EQ(times(), (std::vector<std::uint64_t>{13, 11, 12}));
}

TEST_F(Rounds, CountNobodyTwice) {
  begin(5);
  EXPECT_EQ(add(5, 1, 11), 0U);
  EXPECT_EQ(add(5, 1, 12), 0U);
}

TEST_F(Rounds, CountWhatComesLateUnlessALargerTreeIsWitnessed) {
  begin(5);
  EXPECT_EQ(add(5, 0), 0U);
  begin(6);
  EXPECT_EQ(add(6, 1), 0U);
  EXPECT_EQ(add(5, 2), 5U);  // two witnesses, one of them after a round has begun
  EXPECT_EQ(add(6, 0), 6U);
  EXPECT_EQ(add(5, 1), 0U);  // nobody needs it any more
  EXPECT_EQ(add(6, 2), 6U);
}

TEST_F(Rounds, KeepTheLatestTimeWhereAnUnchangedTreeIsCosignedAgain) {
  begin(5);
  add(5, 0, 100);
  add(5, 1, 100);
  begin(5);  // an hour later
  EXPECT_EQ(add(5, 0, 3'700), 5U);
  EXPECT_EQ(times(), (std::vector<std::uint64_t>{3'700, 100, 0}));
  EXPECT_EQ(add(5, 0, 50), 5U);  // an answer that was under way for long
  EXPECT_EQ(times(), (std::vector<std::uint64_t>{3'700, 100, 0}));
}

TEST_F(Rounds, AreRememberedSixteenAtATime) {
  for (std::uint64_t size = 1; size <= WitnessRounds::kRoundsMax + 1; ++size) {
    begin(size);
    add(size, 0);
  }
  EXPECT_EQ(add(1, 1), 0U);
  EXPECT_EQ(add(2, 1), 2U);
  format::Checkpoint other = tree(3);
  other.root.bytes[0] = std::byte{1};
  EXPECT_FALSE(rounds.add(other, 1, {1, {}}));  // of no round
}

}  // namespace
}  // namespace varve::api
