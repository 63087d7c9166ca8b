// Clocks that lost their battery, jump, or are set wrong: months of segments never go back, no key
// is made for a month that was disposed of, and the operator is informed.
#include <gtest/gtest.h>

#include <atomic>

#include "ledger/store/segment_reader.h"
#include "tests/log/two_months.h"

namespace varve {
namespace {

using testing::events;
using testing::kFebruary;
using testing::kJanuary;

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr std::uint64_t kDayUs = 86'400 * kSecondUs;
constexpr std::uint64_t kMonthUs = 31 * kDayUs;

/// Both of its clocks stay still until a test moves them.
class TwoClocks final : public env::Clock {
 public:
  [[nodiscard]] std::uint64_t now_us() const override { return now; }
  [[nodiscard]] std::uint64_t steady_ms() const override { return steady; }
  void pass(std::uint64_t us) {
    now += us;
    steady += us / 1'000;
  }
  std::atomic<std::uint64_t> now = kFebruary;
  std::atomic<std::uint64_t> steady = 77;
};

// A clock that lost its battery, or runs months ahead, after the log was made: no month goes back, and
// without evidence none comes before the log has run for it.
TEST(Months, FollowWhatTheLogRanAndNotTheHostsClock) {
  TwoClocks clock;  // outlives the log
  testing::World world;
  world.clock = &clock;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(1)));
  for (const std::uint64_t host : {5 * kSecondUs, kJanuary, kFebruary + 12 * kMonthUs}) {
    clock.now = host;
    ASSERT_TRUE(world.reopen());
    ASSERT_TRUE(world.append_events(events(1)));
    EXPECT_NE(world.log->status().clock, "");
    world.log.reset();
    const auto segments = store::all_segments(*world.files);
    ASSERT_TRUE(segments);
    EXPECT_EQ(segments->back().month, 202'602U);
    ASSERT_TRUE(world.open());
  }
  clock.now = kFebruary;
  clock.pass(kMonthUs);
  ASSERT_TRUE(world.append_events(events(1)));
  ASSERT_TRUE(world.append_events(events(1)));
  world.log.reset();
  EXPECT_EQ(store::all_segments(*world.files)->back().month, 202'603U);
}

}  // namespace
}  // namespace varve
