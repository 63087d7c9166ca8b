// The key that witnesses know a log by: what it signs, when, and that it outlives every other key of the log.
#include <algorithm>

#include "ledger/store/signature_counts.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using testing::events;
using testing::SoftKey;
using testing::World;

struct WitnessKey : ::testing::Test {
  World world;
  SoftKey key{world.options.origin};

  WitnessKey() {
    CHECK(world.open().has_value());
    world.signer.add(key);
  }
  [[nodiscard]] std::string naming(const SoftKey& named, const SoftKey& by) const {
    const std::string text =
        format::key_event_text({format::KeyAction::kWitnessKey, world.options.origin, named.key});
    return format::format_note({text, {by.note_signature(text), named.note_signature(text)}});
  }
  void name() {
    ASSERT_TRUE(
        world.append_control(format::Kind::kWitnessKey, naming(key, world.first_key)).has_value());
  }
  /// Who signed what witnesses are given now.
  [[nodiscard]] std::vector<format::VerifierKey> signers(
      const std::vector<format::VerifierKey>& known) const {
    const auto given = world.log->for_witnesses();
    EXPECT_TRUE(given) << given.error().message;
    EXPECT_EQ((*given)->checkpoint, world.log->latest()->checkpoint);
    std::vector<format::VerifierKey> found;
    const auto by = format::verify_note(*format::parse_note((*given)->note), known);
    for (const std::size_t k : *by) found.push_back(known[k]);
    return found;
  }
  [[nodiscard]] static std::size_t lines(const format::SignedCheckpoint& checkpoint) {
    return format::parse_note(checkpoint.note)->signatures.size();
  }
};

TEST_F(WitnessKey, SignsTheNewestCheckpointForWitnessesAndNoOther) {
  EXPECT_EQ(*world.log->for_witnesses(), world.log->latest()) << "none was named";
  name();
  const std::vector known{world.first_key.key, key.key};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.append_events(events(1)));
    EXPECT_EQ(lines(*world.log->latest()), 1U);
    EXPECT_EQ(signers(known), known);
  }
  for (std::uint64_t size = 1; size <= world.size().value; ++size)
    EXPECT_EQ(lines(**world.log->checkpoint_at(TreeSize{size})), 1U) << size;
}

TEST_F(WitnessKey, OutlivesARestartAndTheKeysThatSign) {
  name();
  const SoftKey second(world.options.origin);
  world.signer.add(second);
  ASSERT_TRUE(world.append_control(format::Kind::kKeyEvent, world.rotation_to(second)));
  const std::string text = format::key_event_text(
      {format::KeyAction::kRetire, world.options.origin, world.first_key.key});
  ASSERT_TRUE(world.append_control(format::Kind::kKeyEvent,
                                   format::format_note({text, {second.note_signature(text)}})));
  const std::vector known{second.key, key.key};
  EXPECT_EQ(signers(known), known);
  ASSERT_TRUE(world.reopen());
  EXPECT_EQ(signers(known), known);
  const auto counted = world.log->status().signatures_ever;
  const auto of_the_key =
      std::ranges::find(counted, key.key, [](const auto& one) { return one.first; });
  ASSERT_NE(of_the_key, counted.end());
  EXPECT_EQ(of_the_key->second, 2U);
}

// As of any key that joins: a crash between its first signature and the file would lose the count.
TEST_F(WitnessKey, IsCountedAheadInTheFileBeforeItSignsAnything) {
  name();
  const auto counts = store::decode_signature_counts(
      testing::bytes_in(std::filesystem::path(world.directory) / "signatures"));
  ASSERT_TRUE(counts);
  EXPECT_TRUE(counts->contains(key.key.key));
}

TEST_F(WitnessKey, IsReplacedByTheNextOneAndIsNeverNamedAgain) {
  name();
  const SoftKey next(world.options.origin);
  world.signer.add(next);
  ASSERT_TRUE(world.append_control(format::Kind::kWitnessKey, naming(next, world.first_key)));
  EXPECT_EQ(signers({world.first_key.key, key.key, next.key}),
            (std::vector{world.first_key.key, next.key}));
  EXPECT_FALSE(world.append_control(format::Kind::kWitnessKey, naming(key, world.first_key)));
  EXPECT_EQ(
      world.append_control(format::Kind::kWitnessKey, naming(next, world.first_key)).error().code,
      Code::kWorm);
  EXPECT_FALSE(world.append_control(format::Kind::kKeyEvent, world.rotation_to(key)));
}

TEST_F(WitnessKey, IsTakenInARecordOfItsOwnKindAlone) {
  const std::string note = naming(key, world.first_key);
  EXPECT_FALSE(world.append_control(format::Kind::kKeyEvent, note));
  EXPECT_FALSE(world.append_control(format::Kind::kWitnessKey, world.rotation_to(key)));
  EXPECT_TRUE(world.append_control(format::Kind::kWitnessKey, note));
}

TEST_F(WitnessKey, ThatItsTokenDoesNotHaveStopsNoAppend) {
  name();
  world.signer.lose(key);
  EXPECT_EQ(world.log->for_witnesses().error().code, Code::kNotFound);
  EXPECT_TRUE(world.append_events(events(1)));
  world.signer.add(key);
  EXPECT_TRUE(world.log->for_witnesses());
  world.signer.lies = true;
  EXPECT_EQ(world.log->for_witnesses().error().code, Code::kBusy);
}

}  // namespace
}  // namespace varve
