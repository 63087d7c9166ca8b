// Clocks that lost their battery, jump, or are set wrong: months of segments never go back, no key
// is made for a month that was disposed of, and the operator is informed.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "ledger/store/segment_reader.h"
#include "tests/log/two_months.h"
#include "tests/store/patient_vault.h"

namespace varve {
namespace {

using testing::events;
using testing::kFebruary;
using testing::kJanuary;
using testing::kJanuaryKey;

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

class DisposedMonth : public testing::TwoMonths {
 protected:
  void SetUp() override {
    TwoMonths::SetUp();
    destroy();
    world_.notice = [this](std::string_view event, const std::string& sentence) {
      const std::lock_guard lock(mutex_);
      told_.emplace_back(std::string(event), sentence);
    };
  }
  [[nodiscard]] std::size_t told(const std::string& event) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::ranges::count(told_, event, &std::pair<std::string, std::string>::first));
  }

  std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> told_;
};

TEST_F(DisposedMonth, IsNotOpenedAgainByAClockThatIsBackInIt) {
  testing::PatientVault vault;
  vault.destroyed.insert(kJanuaryKey);
  world_.other_vault = &vault;
  clock_.now = kJanuary;
  ASSERT_TRUE(world_.open());
  EXPECT_EQ(told("clock_drift"), 1U);
  ASSERT_TRUE(world_.append_events(events(3)));
  EXPECT_FALSE(vault.wrapped.contains(kJanuaryKey));
  EXPECT_TRUE(vault.wrapped.contains("varve/test/2026-02"));
  EXPECT_NE(world_.log->status().clock.find("2026-02"), std::string::npos);
  world_.log.reset();
}

// February was lost: the newest clock record is of the month that was disposed of.
TEST_F(DisposedMonth, ThatIsTheNewestTakesNothingMoreUntilTheClockIsPastIt) {
  testing::World world;
  world.clock = &clock_;
  clock_.now = kJanuary;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(3)));
  world.log.reset();
  {
    store::DataKeys keys(*world.files, world.vault, env::system_random(), "varve/test");
    const auto header = store::all_segments(*world.files)->front();
    ASSERT_TRUE(store::write_remains(*world.files, header, *keys.get(header), kFebruary));
  }
  testing::PatientVault vault;
  vault.destroyed.insert(kJanuaryKey);
  world.other_vault = &vault;
  world.notice = world_.notice;
  ASSERT_TRUE(world.open());
  for (int k = 0; k < 3; ++k) {
    const auto refused = world.append_events(events(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kBusy);
    EXPECT_NE(refused.error().message.find("2026-01, whose key was destroyed"), std::string::npos)
        << refused.error().message;
  }
  EXPECT_EQ(told("month_disposed_of"), 1U);
  EXPECT_TRUE(world.log->records(LeafIndex{0}, 1)) << "reads go on";
  EXPECT_TRUE(vault.wrapped.empty());
  clock_.now = kFebruary;  // the log runs until then
  ASSERT_TRUE(world.append_events(events(1)));
  EXPECT_TRUE(vault.wrapped.contains("varve/test/2026-02"));
  EXPECT_EQ(world.log->status().clock, "");
  world.log.reset();
}

}  // namespace
}  // namespace varve
