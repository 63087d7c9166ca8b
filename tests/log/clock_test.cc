// Clocks that lost their battery, jump, or are set wrong: months of segments never go back, no key
// is made for a month that was disposed of, and the operator is informed.
#include <gtest/gtest.h>

#include <mutex>

#include "ledger/base/month.h"
#include "ledger/log/clock_watch.h"
#include "ledger/store/segment_reader.h"
#include "tests/log/two_months.h"
#include "tests/store/patient_vault.h"

namespace varve {
namespace {

using log::ClockWatch;
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
  std::uint64_t now = kFebruary;
  std::uint64_t steady = 77;
};

class Watched : public ::testing::Test {
 protected:
  [[nodiscard]] ClockWatch watch(const state::NewestSegment& newest) {
    return {clock_,
            [this](std::string_view event, const std::string& sentence) {
              EXPECT_EQ(event, "clock_jumped");
              told_.push_back(sentence);
            },
            newest};
  }
  static LogStatus status_of(const ClockWatch& watch) {
    LogStatus status;
    watch.report(status);
    return status;
  }

  TwoClocks clock_;
  std::vector<std::string> told_;
};

// At a start there is the newest segment to compare with: some minutes less are no jump, nor is a
// year.
TEST_F(Watched, AtAStartIsHeldAgainstTheNewestSegment) {
  struct Case {
    std::int64_t apart_us;
    bool wrong;
  };
  const auto behind = static_cast<std::int64_t>(ClockWatch::kBehindMaxUs);
  const auto ahead = static_cast<std::int64_t>(ClockWatch::kAheadAtStartMaxUs);
  for (const Case& c : {Case{0, false}, Case{-behind, false}, Case{-behind - 1, true},
                        Case{ahead, false}, Case{ahead + 1, true}}) {
    SCOPED_TRACE(c.apart_us);
    told_.clear();
    clock_.now = static_cast<std::uint64_t>(static_cast<std::int64_t>(kFebruary + kMonthUs * 20) +
                                            c.apart_us);
    ClockWatch clock = watch({202'709, kFebruary + kMonthUs * 20});
    clock.look();
    EXPECT_EQ(told_.size(), c.wrong ? 1U : 0U);
    EXPECT_EQ(status_of(clock).clock_jumps, c.wrong ? 1U : 0U);
    EXPECT_EQ(!status_of(clock).clock.empty(), c.wrong);
    clock.look();
    EXPECT_EQ(told_.size(), c.wrong ? 1U : 0U) << "told once";
  }
}

// While it runs there is the time that passed: whatever the two clocks do, only their difference
// counts.
TEST_F(Watched, WhileItRunsIsHeldAgainstTheTimeThatPassed) {
  const auto back = static_cast<std::int64_t>(ClockWatch::kBehindMaxUs);
  const auto ahead = static_cast<std::int64_t>(ClockWatch::kAheadMaxUs);
  for (const std::uint64_t passed : {std::uint64_t{0}, kSecondUs, 40 * kDayUs})
    for (const std::int64_t jump : {std::int64_t{0}, -back, -back - 1, ahead, ahead + 1}) {
      SCOPED_TRACE(std::to_string(passed) + " " + std::to_string(jump));
      told_.clear();
      clock_.now = kFebruary;
      ClockWatch clock = watch({202'601, kJanuary});
      clock.look();
      clock_.pass(passed);
      clock_.now = static_cast<std::uint64_t>(static_cast<std::int64_t>(clock_.now) + jump);
      clock.look();
      const bool wrong = jump < -back || jump > ahead;
      EXPECT_EQ(told_.size(), wrong ? 1U : 0U);
      EXPECT_EQ(!status_of(clock).clock.empty(), wrong);
      clock_.now = static_cast<std::uint64_t>(static_cast<std::int64_t>(clock_.now) - jump);
      clock.look();
      EXPECT_EQ(status_of(clock).clock, "") << "it was set right";
    }
}

TEST_F(Watched, ThatIsSetRightAfterAStartInNineteenSeventyIsRight) {
  clock_.now = 5 * kSecondUs;
  ClockWatch clock = watch({202'602, kFebruary});
  clock.look();
  EXPECT_NE(status_of(clock).clock.find("the clock says 1970-01-01T00:00:05Z"), std::string::npos);
  EXPECT_NE(status_of(clock).clock.find("2026-02"), std::string::npos);
  clock_.now = kFebruary + kDayUs;
  clock.look();
  EXPECT_EQ(status_of(clock).clock, "");
  EXPECT_EQ(status_of(clock).clock_jumps, 2U) << "wrong at the start, and ahead when it was set";
}

TEST_F(Watched, InSmallStepsIsNoticedWhenTheyAddUp) {
  ClockWatch clock = watch({202'601, kJanuary});
  for (std::uint64_t step = 1; step <= 10; ++step) {
    clock.look();
    EXPECT_EQ(told_.size(), step > 6 ? 1U : 0U) << step;
    clock_.now -= 60 * kSecondUs;
  }
}

TEST_F(Watched, ThatCaughtUpIsRight) {
  ClockWatch clock = watch({202'602, kFebruary});
  clock.look();
  clock_.now -= 2 * kDayUs;
  clock.look();
  EXPECT_NE(status_of(clock).clock, "");
  for (int hours = 0; hours < 48; ++hours) {
    clock_.pass(3'600 * kSecondUs);
    clock.look();
  }
  EXPECT_EQ(status_of(clock).clock, "");
  EXPECT_EQ(status_of(clock).clock_jumps, 1U);
}

TEST_F(Watched, OfANewLogInNineteenSeventyIsWrongToo) {
  clock_.now = 5 * kSecondUs;
  ClockWatch clock = watch({});
  clock.look();
  EXPECT_NE(status_of(clock).clock, "");
  store::SegmentHeader header;
  clock.date(header);
  EXPECT_EQ(header.month, 202'601U);
}

// Every course of three months on the clock, over four starts: segments go under the latest so far.
TEST(Months, OfSegmentsNeverGoBackWhateverTheClockDoes) {
  for (unsigned course = 0; course < 3 * 3 * 3 * 3; ++course) {
    SCOPED_TRACE(course);
    testing::SetClock clock;  // outlives the log
    testing::World world;
    world.clock = &clock;
    std::uint32_t latest = 0;
    unsigned rest = course;
    for (std::uint64_t step = 0; step < 4; ++step, rest /= 3) {
      clock.now = kFebruary + rest % 3 * kMonthUs;
      latest = std::max(latest, month_of(clock.now));
      ASSERT_TRUE(world.open());
      ASSERT_TRUE(world.append_events(events(1)));
      world.log.reset();
      const auto segments = store::all_segments(*world.files);
      ASSERT_TRUE(segments);
      ASSERT_EQ(segments->size(), step + 1);
      EXPECT_EQ(segments->back().month, latest);
      EXPECT_EQ(segments->back().label, "varve/test/" + month_text(latest));
    }
  }
}

// The clock goes back into a month before the open segment's: that is no reason to seal it.
TEST(Months, BeforeTheOpenSegmentsEndNoSegment) {
  testing::SetClock clock;  // outlives the log
  testing::World world;
  world.clock = &clock;
  clock.now = kFebruary;
  ASSERT_TRUE(world.open());
  ASSERT_TRUE(world.append_events(events(1)));
  clock.now = kJanuary;
  for (int k = 0; k < 20; ++k) ASSERT_TRUE(world.append_events(events(1)));
  EXPECT_EQ(world.log->status().segments, 1U);
  EXPECT_NE(world.log->status().clock, "");
  clock.now = kFebruary + kMonthUs;
  ASSERT_TRUE(world.append_events(events(1)));
  ASSERT_TRUE(world.append_events(events(1)));
  EXPECT_EQ(world.log->status().segments, 2U) << "its month has ended";
  EXPECT_EQ(world.log->status().clock, "");
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
  EXPECT_EQ(told("clock_jumped"), 1U);
  ASSERT_TRUE(world_.append_events(events(3)));
  EXPECT_FALSE(vault.wrapped.contains(kJanuaryKey));
  EXPECT_TRUE(vault.wrapped.contains("varve/test/2026-02"));
  EXPECT_NE(world_.log->status().clock.find("2026-02"), std::string::npos);
  world_.log.reset();
}

// February was lost, and restored without it: the newest segment is of the month that was disposed
// of.
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
    EXPECT_NE(refused.error().message.find("2026-01 was disposed of"), std::string::npos);
  }
  EXPECT_EQ(told("month_disposed_of"), 1U);
  EXPECT_NE(world.log->status().clock.find("2026-01 was disposed of"), std::string::npos);
  EXPECT_TRUE(world.log->records(LeafIndex{0}, 1)) << "reads go on";
  EXPECT_TRUE(vault.wrapped.empty());
  clock_.now = kFebruary;
  ASSERT_TRUE(world.append_events(events(1)));
  EXPECT_EQ(world.log->status().clock, "");
  world.log.reset();
}

}  // namespace
}  // namespace varve
