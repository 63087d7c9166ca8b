// Positions as bytes, in the format that is written and in the one that is only read; and which
// file is which.
#include "tools/collect/position.h"

#include <gtest/gtest.h>

#include "ledger/base/trouble.h"
#include "ledger/env/posix.h"
#include "ledger/merkle/tree.h"
#include "tools/collect/state.h"

namespace varve::collect {
namespace {

std::vector<Position> one_of_each_standing() {
  std::vector<Position> positions;
  for (std::uint8_t standing = 0; standing <= 4; ++standing) {
    Position position;
    position.path = "/var/log/a.log";
    position.file = {standing + 1u, 7};
    position.taken = ByteOffset{100u + standing};
    position.lines = 5;
    position.fingerprint.head.bytes.fill(std::byte{standing});
    position.standing = static_cast<Standing>(standing);
    positions.push_back(position);
  }
  return positions;
}

/// `file` with other bytes in it, closed with its hash again.
Buffer changed(Buffer file, std::size_t at, std::uint8_t to) {
  file[at] = std::byte{to};
  file.resize(file.size() - kHashSize);
  append(file, merkle::sha256(file).view());
  return file;
}

/// As a state was written before it counted.
Buffer without_refused(Buffer file) {
  const std::ptrdiff_t at = 22 + 8 + 8 + 32 + 8;
  file.erase(file.begin() + at, file.begin() + at + 8);
  return file;
}

class Positioned : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(env::initialize()); }

  const State state_{{3, 30, {}}, 2, 4, one_of_each_standing()};
  const SpooledBatch spooled_{one_of_each_standing(), Buffer(10)};
  static constexpr std::size_t kFormatAt = 20;  // of both magics
};

TEST_F(Positioned, ComesBackAsItWasWritten) {
  EXPECT_EQ(*decode_state(encode_state(state_)), state_);
  EXPECT_EQ(*decode_spooled(encode_spooled(spooled_)), spooled_);
}

// Where a time of birth is now there was the number of a device.
TEST_F(Positioned, OfTheFirstFormatHasNoTimeOfBirth) {
  std::vector<Position> expected = one_of_each_standing();
  for (Position& position : expected) position.file.born_ns = 0;
  const auto state = decode_state(changed(without_refused(encode_state(state_)), kFormatAt, '1'));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->positions, expected);
  const auto spooled = decode_spooled(changed(encode_spooled(spooled_), kFormatAt, '1'));
  ASSERT_TRUE(spooled) << spooled.error().message;
  EXPECT_EQ(spooled->positions, expected);
}

// The state counts what was too large since its third format.
TEST_F(Positioned, AStateOfTheSecondFormatHasCountedNothing) {
  const auto state = decode_state(changed(without_refused(encode_state(state_)), kFormatAt, '2'));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->positions, state_.positions);
  EXPECT_EQ(state->next_to_send, state_.next_to_send);
  EXPECT_EQ(state->refused, 0u);
}

TEST_F(Positioned, OfAnotherStandingIsDamaged) {
  const Buffer file = encode_state(state_);
  const auto state = decode_state(changed(file, file.size() - kHashSize - 1, 5));
  EXPECT_EQ(state.error().code, Code::kCorrupt);
}

TEST_F(Positioned, OfALaterFormatIsNotDamaged) {
  const auto state = decode_state(changed(encode_state(state_), kFormatAt, '4'));
  EXPECT_TRUE(is_trouble(state.error())) << state.error().message;
  const auto spooled = decode_spooled(changed(encode_spooled(spooled_), kFormatAt, '3'));
  EXPECT_TRUE(is_trouble(spooled.error())) << spooled.error().message;
}

TEST_F(Positioned, AFileIsTheSameByInodeAndByBirthWhereBothAreKnown) {
  EXPECT_TRUE(same_file({1, 5}, {1, 5}));
  EXPECT_FALSE(same_file({1, 5}, {1, 6}));
  EXPECT_FALSE(same_file({1, 5}, {2, 5}));
  EXPECT_TRUE(same_file({1, 5}, {1, 0}));
  EXPECT_TRUE(same_file({1, 0}, {1, 5}));
}

// Whatever is known of a deleted file goes when its inode is used again.
TEST_F(Positioned, AnInodeHasOneAtATime) {
  Position old = one_of_each_standing().front();
  Position next = old;
  next.file.born_ns += 1;
  Positions positions;
  positions.apply(std::vector{old});
  positions.apply(std::vector{next});
  EXPECT_EQ(positions.of(old.path), std::vector{next});
  next.standing = Standing::kForgotten;
  positions.apply(std::vector{next});
  EXPECT_TRUE(positions.all().empty());
}

}  // namespace
}  // namespace varve::collect
