// When a log's sealed data is due to be read again: what an alert compares with the clock. And the file of that, as its
// page shows it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/store/scrub_state.h"
#include "tests/directories.h"
#include "tests/log/world.h"

namespace varve {
namespace {

TEST(ScrubOfALog, IsDueAPeriodAfterItsPassBeganAndNeverWithoutAPeriod) {
  constexpr std::uint64_t kPeriodUs = 300'000'000'000;  // nothing is read for five minutes
  const std::uint64_t now_us = env::posix_clock().now_us();
  testing::World world;
  world.options.scrub_period_s = 0;
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.log->status().scrub.due_us, 0U);
  world.log.reset();
  world.options.scrub_period_s = kPeriodUs / 1'000'000;
  ASSERT_TRUE(world.open());
  EXPECT_GE(world.log->status().scrub.due_us, now_us + kPeriodUs);
  world.log.reset();
  store::ScrubState state;
  state.segments = 4;
  state.began_us = now_us - 2 * kPeriodUs;
  ASSERT_TRUE(store::save_scrub_state(*world.files, state));
  ASSERT_TRUE(world.open());
  EXPECT_EQ(world.log->status().scrub.due_us, now_us - kPeriodUs) << "it is late";
  world.log.reset();
  state.segments = 0;
  state.finished_us = state.began_us + 1;  // so the next pass begins when this one's time is over
  ASSERT_TRUE(store::save_scrub_state(*world.files, state));
  ASSERT_TRUE(world.open());
  EXPECT_GE(world.log->status().scrub.due_us, now_us);
}

TEST(ScrubOfALog, ThatHasItTurnedOffReadsNothing) {
  testing::World world;
  world.options.scrub_period_s = 0;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(testing::events(1)));
  EXPECT_FALSE(std::filesystem::exists(world.directory + "/scrub"));
  EXPECT_EQ(world.log->status().scrub.bytes, 0U);
}

TEST(ScrubDocument, ShowsAState) {
  std::ifstream in(source_file("docs/format/derived.md"));
  std::string line;
  while (std::getline(in, line) && line != "```hex scrub") {
  }
  std::string text;
  while (std::getline(in, line) && line != "```") {
    std::istringstream words(line);
    std::string word;
    words >> word;  // the offset
    while (words >> word) text.append(text_of(*decode_hex(word)));
  }
  const store::ScrubState state{1'795'256'100'000'000,           2, 1, 5, 2'310, 0, 0,
                                {{0, {"segments/00000000.seg"}}}};
  EXPECT_EQ(text, store::scrub_state_text(state));
  EXPECT_EQ(*store::parse_scrub_state(text), state);
}

}  // namespace
}  // namespace varve
