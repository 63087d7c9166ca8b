// What time stamps show of a tree that was verified, and what they do not.
#include "ledger/verify/stamped.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/stamped_checkpoint.h"
#include "log_answers.h"
#include "tests/format/test_cosigner.h"
#include "tests/format/time_authority.h"

namespace varve::verify {
namespace {

struct StampedTree : ::testing::Test {
  LogBuilder log;
  const format::TimeAuthority engine;
  const std::vector<format::TimeSource> authorities{
      {"tsa.example.org", *decode_hex_hash(engine.key_hash())}};

  StampedTree() { log.server_batch(20); }

  [[nodiscard]] format::Checkpoint tree(std::size_t size) const {
    return *format::parse_checkpoint_text(format::parse_note(log.checkpoint(size))->text);
  }
  [[nodiscard]] std::string stamped(const format::Checkpoint& checkpoint) const {
    return format::stamped_checkpoint_text(
        {checkpoint, {engine.token(format::checkpoint_text(checkpoint))}});
  }
  [[nodiscard]] static Code code_of(const Result<std::vector<StampedBy>>& result) {
    EXPECT_FALSE(result);
    return result ? Code::kFull : result.error().code;
  }
};

TEST_F(StampedTree, WasThereBeforeTheTimeOfEachAuthorityThatIsNamed) {
  const std::string text = stamped(tree(12));
  const auto said = format::verify_time_token(format::parse_stamped_checkpoint(text)->tokens[0],
                                              format::checkpoint_text(tree(12)));
  for (const std::size_t size : {5, 12}) {
    const auto by = verify_stamped(text, tree(size),
                                   size == 12 ? "" : consistency_json(log, size, 12), authorities);
    ASSERT_TRUE(by) << by.error().message;
    ASSERT_EQ(by->size(), 1u);
    EXPECT_EQ(by->front().authority, "tsa.example.org");
    EXPECT_EQ(by->front().before_us, said->time_us + said->accuracy_us);
  }
}

TEST_F(StampedTree, IsNotAnotherOneALaterOneOrOneWithoutItsProof) {
  const std::string text = stamped(tree(12));
  format::Checkpoint other = tree(12);
  other.root.bytes[0] ^= std::byte{1};
  EXPECT_EQ(code_of(verify_stamped(text, other, "", authorities)), Code::kCorrupt);
  other = tree(12);
  other.origin = "audit.example.org/other";
  EXPECT_EQ(code_of(verify_stamped(text, other, "", authorities)), Code::kInvalid);
  EXPECT_EQ(code_of(verify_stamped(text, tree(13), "", authorities)), Code::kInvalid);
  EXPECT_EQ(code_of(verify_stamped(text, tree(13), consistency_json(log, 12, 13), authorities)),
            Code::kInvalid);
  EXPECT_EQ(code_of(verify_stamped(text, tree(5), "", authorities)), Code::kInvalid);
  other = tree(5);
  other.root.bytes[0] ^= std::byte{1};
  EXPECT_EQ(code_of(verify_stamped(text, other, consistency_json(log, 5, 12), authorities)),
            Code::kCorrupt);
  EXPECT_FALSE(verify_stamped(text, tree(5), consistency_json(log, 6, 12), authorities));
}

TEST_F(StampedTree, IsBelievedOfNobodyWhoWasNotNamed) {
  const format::TimeAuthority stranger;
  const std::string theirs = format::stamped_checkpoint_text(
      {tree(12), {stranger.token(format::checkpoint_text(tree(12)))}});
  const auto none = verify_stamped(theirs, tree(12), "", authorities);
  EXPECT_EQ(code_of(none), Code::kNotFound);
  EXPECT_NE(none.error().message.find(stranger.key_hash()), std::string::npos);
  auto both = *format::parse_stamped_checkpoint(stamped(tree(12)));
  both.tokens.push_back(format::parse_stamped_checkpoint(theirs)->tokens[0]);
  const auto by = verify_stamped(format::stamped_checkpoint_text(both), tree(12), "", authorities);
  ASSERT_TRUE(by);
  EXPECT_EQ(by->size(), 1u);
}

// The record is good, and the log with it: it is the wrong file.
TEST_F(StampedTree, IsNotShownByAWitnessesCosignedTime) {
  const format::TestCosigner north("north.example/w", 1);
  const std::string text = format::checkpoint_text(tree(12));
  const format::Note note{text, {north.cosign(text, 1'795'938'006)}};
  const auto cosigned =
      format::cosigned_time(north.key(), **format::cosignature_of(note, north.key()));
  const std::vector<format::TimeSource> named{{"w", format::cosigner_hash(north.key())}};
  const auto by = verify_stamped(format::timestamp_text({tree(12), cosigned}), tree(12), "", named);
  EXPECT_EQ(code_of(by), Code::kInvalid);
  EXPECT_NE(by.error().message.find("a witness's cosigned time"), std::string::npos);
}

// What CMS leaves unsigned may change, and never what it says.
TEST_F(StampedTree, WithAnyByteChangedIsRefusedOrSaysTheSame) {
  const std::string text = stamped(tree(12));
  const auto good = verify_stamped(text, tree(12), "", authorities);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto by = verify_stamped(bad, tree(12), "", authorities);
    EXPECT_TRUE(!by || by->front().before_us == good->front().before_us) << i;
    EXPECT_FALSE(verify_stamped(text.substr(0, i), tree(12), "", authorities)) << i;
  }
}

}  // namespace
}  // namespace varve::verify
