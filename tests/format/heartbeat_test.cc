// A heartbeat has one spelling, and says what its absence means.
#include "ledger/format/heartbeat.h"

#include <gtest/gtest.h>

#include "ledger/format/batch.h"

namespace varve::format {
namespace {

constexpr Heartbeat kBeat{1'795'256'100'000'000, 3'600, 2};

TEST(Heartbeat, IsReadAsItWasWritten) {
  const std::string text = heartbeat_text(kBeat);
  EXPECT_EQ(text, "varve heartbeat v1\nsince 1795256100000000\ninterval 3600\nwaiting 2\n");
  EXPECT_EQ(*parse_heartbeat(text), kBeat);
}

TEST(Heartbeat, InAnyOtherSpellingIsRefused) {
  const std::string text = heartbeat_text(kBeat);
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(parse_heartbeat(text.substr(0, cut))) << cut;
  EXPECT_FALSE(parse_heartbeat(text + "\n"));
  EXPECT_FALSE(parse_heartbeat("varve heartbeat v1\nsince 01\ninterval 1\nwaiting 0\n"));
  EXPECT_FALSE(parse_heartbeat("varve heartbeat v2\nsince 1\ninterval 1\nwaiting 0\n"));
}

TEST(Heartbeat, IsOverdueBehindTwiceItsInterval) {
  EXPECT_EQ(pulse_of(kBeat, 0), Pulse::kAlive);
  EXPECT_EQ(pulse_of(kBeat, 7'201), Pulse::kAlive);
  EXPECT_EQ(pulse_of(kBeat, 7'202), Pulse::kOverdue);
  EXPECT_EQ(pulse_of({0, UINT64_MAX, 0}, UINT64_MAX), Pulse::kAlive);
}

TEST(Heartbeat, WithoutAnIntervalSaysThatTheSourceStopped) {
  EXPECT_EQ(pulse_of({0, 0, 0}, 0), Pulse::kStopped);
  EXPECT_EQ(pulse_of({0, 0, 0}, UINT64_MAX), Pulse::kStopped);
}

}  // namespace
}  // namespace varve::format
