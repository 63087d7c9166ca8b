// A time-stamp record becomes what its token says, and is of this log only where its checkpoint is.
#include "ledger/rules/stamp.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"
#include "tests/format/timestamp_sample.h"

namespace varve::rules {
namespace {

TEST(Stamp, IsWhatTheTokenSaysOfACheckpointOfThisLogOrOfAnother) {
  const format::Checkpoint mine = *format::parse_checkpoint_text(format::kStampedText);
  const format::Timestamp record{mine, *decode_base64(format::kStampToken)};
  const Stamp stamp = *stamp_of(LeafIndex{9}, record, mine);
  EXPECT_EQ(stamp.index, LeafIndex{9});
  EXPECT_EQ(hex(stamp.source.view()), format::kStampKey);
  EXPECT_EQ(stamp.time_us, format::kStampedUs);
  EXPECT_EQ(stamp.accuracy_us, format::kStampAccuracyUs);
  EXPECT_EQ(stamp.size, TreeSize{5});
  EXPECT_TRUE(stamp.is_of_this_log);
  format::Checkpoint other = mine;
  other.root.bytes[0] ^= std::byte{1};
  EXPECT_FALSE(stamp_of(LeafIndex{9}, record, other)->is_of_this_log);
  other = mine;
  other.origin += "-2";
  EXPECT_FALSE(stamp_of(LeafIndex{9}, record, other)->is_of_this_log);
}

TEST(Stamp, IsNoneWhereTheTokenIsOverAnotherCheckpoint) {
  format::Checkpoint mine = *format::parse_checkpoint_text(format::kStampedText);
  mine.size.value += 1;
  EXPECT_FALSE(stamp_of(LeafIndex{9}, {mine, *decode_base64(format::kStampToken)}, mine));
}

}  // namespace
}  // namespace varve::rules
