// What a log writes by itself: at its creation, and when a segment begins.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/log/world.h"

namespace varve {
namespace {

using testing::World;

/// Of the records from `first` on, to the end of the log.
std::vector<format::Kind> kinds_from(const World& world, TreeSize first) {
  std::vector<format::Kind> kinds;
  for (std::uint64_t i = first.value; i < world.size().value; ++i)
    kinds.push_back(format::decode_record(world.log->records(LeafIndex{i}, 1)->front())->kind);
  return kinds;
}

TEST(NewLog, BeginsWithItsFirstKeyPolicyAndClockUnderASignedCheckpoint) {
  World world;
  ASSERT_TRUE(world.open());
  using enum format::Kind;
  EXPECT_EQ(kinds_from(world, TreeSize{0}),
            (std::vector{kKeyEvent, kPolicy, kClock, kMonthSecret, kBatchSeal}));
  EXPECT_TRUE(format::open_checkpoint(world.log->latest()->note, world.options.origin,
                                      std::vector{world.first_key.key}));
}

// A key event states a fact once; whoever repeats it, also with a new signature, is refused with its place.
TEST(KeyRotation, RepeatedIsRefusedAsWrittenAlready) {
  World world;
  ASSERT_TRUE(world.open());
  const testing::SoftKey second(world.options.origin);
  world.signer.add(second);
  const std::string note = world.rotation_to(second);
  const auto done = world.append_control(format::Kind::kKeyEvent, note);
  ASSERT_TRUE(done);
  const TreeSize rotated = world.size();
  for (int round = 0; round < 2; ++round) {
    const auto again = world.append_control(format::Kind::kKeyEvent, note);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Code::kWorm);
    EXPECT_EQ(again.error().message, "this key event is in the log already, as record " +
                                         std::to_string(done->first.value));
    ASSERT_TRUE(world.reopen());
  }
  for (const format::Kind kind : kinds_from(world, rotated))
    EXPECT_EQ(kind, format::Kind::kClock) << "of a segment that a refusal began";
}

}  // namespace
}  // namespace varve
