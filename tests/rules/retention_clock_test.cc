// The compliance clock's readings and the months that follow from them, whatever the server's own
// clock says, and the arithmetic of ages in the spellings that a reader of the records needs.
#include <gtest/gtest.h>

#include <limits>

#include "ledger/base/month.h"
#include "true_world.h"

namespace varve::rules {
namespace {

const Hash kAuthority = hash_of(101);

TrueWorld a_log(std::uint64_t host_us) {
  TrueWorld world;
  world.append();
  PolicyAct act{{}, {}, {true, {}}};
  act.policy.quorum = 1;
  act.policy.sources = {{"tsa", kAuthority}};
  EXPECT_TRUE(world.take(act));
  world.host_off_us = static_cast<std::int64_t>(host_us - world.now_us);
  EXPECT_TRUE(world.clock());
  return world;
}

void run_days(TrueWorld& world, std::uint64_t days) {
  for (std::uint64_t k = 0; k < days; ++k) {
    world.run(kDay);
    ASSERT_TRUE(world.clock());
  }
}

std::uint64_t reading(const TrueWorld& world) {
  return world.log.timeline().newest().reading_us;
}

TEST(ComplianceClock, FollowsTheSteadyClockWhileTheServerRuns) {
  TrueWorld world = a_log(kReadingMinUs);
  run_days(world, 100);
  EXPECT_EQ(reading(world), kReadingMinUs + 100 * kDay);
  world.host_off_us = -static_cast<std::int64_t>(50 * kDay);  // set back: no one cares
  run_days(world, 1);
  EXPECT_EQ(reading(world), kReadingMinUs + 101 * kDay);
}

TEST(ComplianceClock, BehindAStopCatchesUpBySevenDaysAYearOfRunningWithoutEvidence) {
  TrueWorld world = a_log(kReadingMinUs);
  run_days(world, 365);
  world.stop(30 * kDay);
  ASSERT_TRUE(world.clock());
  EXPECT_EQ(reading(world), kReadingMinUs + 372 * kDay) << "seven of the thirty";
  EXPECT_EQ(world.log.timeline().age_us(LeafIndex{0}), counted_us(365 * kDay)) << "no age moves";
  run_days(world, 365);
  EXPECT_EQ(reading(world), kReadingMinUs + (372 + 365 + 7) * kDay);
}

TEST(ComplianceClock, CatchesUpWithEvidenceAtOnceAndSoDoAges) {
  TrueWorld world = a_log(kReadingMinUs);
  run_days(world, 40);
  const auto stamp = [&] {
    const TreeSize size = world.size();
    return Stamp{world.append().index, kAuthority, world.now_us, 0, size, true};
  };
  const Stamp before = stamp();
  ASSERT_TRUE(world.clock(evidence_of({before}), {before}));
  world.stop(300 * kDay);
  ASSERT_TRUE(world.clock());
  EXPECT_LT(world.log.timeline().age_us(LeafIndex{0}), 41 * kDay);
  const Stamp behind = stamp();
  ASSERT_TRUE(world.clock(evidence_of({behind}), {behind}));
  EXPECT_EQ(reading(world), world.now_us);
  EXPECT_EQ(world.log.timeline().age_us(LeafIndex{0}), 300 * kDay + counted_us(40 * kDay));
}

TEST(ComplianceClock, OfALogThatBeganInAnotherTimeHasMonthsThatDoNotGoBack) {
  TrueWorld past = a_log(5'000'000);  // 1970: an empty battery
  EXPECT_EQ(reading(past), kReadingMinUs);
  TrueWorld future = a_log(format::kTimeMaxUs);
  EXPECT_EQ(reading(future), kFirstReadingMaxUs);
  EXPECT_EQ(month_of(reading(future)), 210'001u);
  EXPECT_EQ(month_of(kReadingMinUs), 202'601u);
  for (const std::uint64_t host : {0ULL, 5'000'000ULL, 4'000'000'000'000'000ULL, 1ULL}) {
    TrueWorld world = a_log(host);
    std::uint32_t month = 0;
    for (const std::int64_t off : {0LL, 1'000LL, -1'000LL, 20'000LL, -20'000LL}) {
      world.host_off_us += off * static_cast<std::int64_t>(kDay);
      if (off < 0) world.host_off_us = -static_cast<std::int64_t>(world.now_us);
      run_days(world, 20);
      EXPECT_GE(world.log.months().back().month, month);
      month = world.log.months().back().month;
    }
  }
}

/// Of every year, the first reading is in the month that the old log had come to.
TEST(ComplianceClock, OfAnOldLogBeginsInNoMonthBeforeItsLast) {
  for (std::uint32_t month = 202'601; month <= 203'012; ++month) {
    if (!is_month(month)) continue;
    const std::uint64_t first = Timeline::first_reading_us(0, {{202'501, {}}, {month, {}}});
    EXPECT_EQ(month_of(first), month);
    EXPECT_TRUE(first == kReadingMinUs || month_of(first - 1) < month);
    const std::uint64_t later = end_of_month_us(month) + 5;
    EXPECT_EQ(Timeline::first_reading_us(later, {{month, {}}}), later);
  }
}

TEST(ComplianceClock, TakesTheMonthsOfAnOldLogFromItsFirstClockRecord) {
  TrueWorld world;
  for (int k = 0; k < 10; ++k) world.append();
  ClockAct act = world.clock_act();
  act.clock.earlier = {{202'510, LeafIndex{0}}, {202'512, LeafIndex{6}}};
  ASSERT_TRUE(world.take(act));
  EXPECT_EQ(world.log.month_of(LeafIndex{5})->month, 202'510u);
  EXPECT_EQ(world.log.month_of(LeafIndex{6})->month, 202'512u);
  EXPECT_EQ(world.log.month_of(LeafIndex{10})->month, 202'601u);
  EXPECT_EQ(*world.log.range_of(world.log.months()[1]),
            (MonthRange{202'512, LeafIndex{6}, LeafIndex{10}}));
  run_days(world, 3);
  EXPECT_EQ(world.log.timeline().age_us(LeafIndex{0}), counted_us(3 * kDay)) << "since the clock";
  EXPECT_EQ(world.log.policy().period, format::kSixYearsDays);
  EXPECT_EQ(world.log.policy().mode, format::Mode::kLocked);
}

/// What an old log counts as it may write down by itself; anything else takes approvals.
TEST(ComplianceClock, OfAnOldLogTakesAFirstPolicyThatChangesNothing) {
  TrueWorld world;
  for (int k = 0; k < 10; ++k) world.append();
  ASSERT_TRUE(world.clock());
  PolicyAct act{{}, {}, {true, {}}};
  act.policy.key.name = act.policy.origin = "log.example";
  EXPECT_TRUE(world.takes(act));
  for (const auto change :
       {+[](format::Policy& p) { p.period += 1; }, +[](format::Policy& p) { p.period -= 1; },
        +[](format::Policy& p) { p.automatic = true; },
        +[](format::Policy& p) {
          p.quorum = 1;
          p.sources = {{"tsa", kAuthority}};
        }}) {
    PolicyAct changed = act;
    change(changed.policy);
    EXPECT_FALSE(world.takes(changed));
  }
}

TEST(ComplianceClock, OfADraftCountsKeyPeriodsOfMinutes) {
  TrueWorld world;
  world.append();
  PolicyAct act{{}, {}, {true, {}}};
  act.policy.mode = format::Mode::kDraft;
  act.policy.period = act.policy.notice = act.policy.wait = 1;
  act.policy.key_period_minutes = 3;
  ASSERT_TRUE(world.take(act));
  ASSERT_TRUE(world.clock());
  for (int k = 0; k < 7; ++k) {
    world.run(kMinute);
    ASSERT_TRUE(world.clock());
  }
  ASSERT_EQ(world.log.months().size(), 3u);
  EXPECT_EQ(world.log.months()[0].month, kReadingMinUs / (3 * kMinute));
  EXPECT_EQ(world.log.months()[2].month, world.log.months()[0].month + 2);
  EXPECT_LE(format::kTimeMaxUs / kMinute, std::numeric_limits<std::uint32_t>::max());
}

TEST(ComplianceClock, SaysADateOnWhichAMonthIsDueAndNotAMicrosecondBefore) {
  for (const std::uint64_t ran : {1UL, 998UL, 999UL, 1'000UL, 1'001UL, kDay + 7}) {
    TrueWorld world = a_log(kReadingMinUs);
    run_days(world, 32);
    world.run(ran);
    ASSERT_TRUE(world.clock());
    const MonthRange january = *world.log.range_of(world.log.months()[0]);
    const std::uint64_t due = world.log.due_reading_us(january);
    for (const std::uint64_t early : {1'001ULL, 0ULL}) {
      TrueWorld later = world;
      later.run(due - reading(world) - early);
      ASSERT_TRUE(later.clock());
      EXPECT_EQ(reading(later), due - early);
      EXPECT_EQ(later.log.remaining_us(january) == 0, early == 0);
    }
  }
}

TEST(ComplianceClock, CountsNeverMoreThanATrueTimeOfAnOscillatorThatIsFast) {
  for (std::uint64_t run = 0; run < 5'000; ++run) {
    EXPECT_LE(counted_us(run) * 1'000, run * 999);
    EXPECT_GE((counted_us(run) + 1) * 1'000, run * 999) << "not more than a microsecond is lost";
  }
}

TEST(ComplianceClock, CarriesTheLargestTimesWithoutOverflow) {
  static_assert(format::kTimeMaxUs <= std::numeric_limits<std::uint64_t>::max() / 7);
  static_assert(std::uint64_t{format::kPeriodMaxDays} * kDay < format::kTimeMaxUs);
  TrueWorld world = a_log(kReadingMinUs);
  run_days(world, 31);
  world.run(format::kTimeMaxUs);
  EXPECT_FALSE(world.clock()) << "past the year 9999 there is no reading";
}

std::string held_by(const TrueWorld& world, const Scope& scope) {
  std::string months;
  const Hold hold{{LeafIndex{world.appended_us.size() - 1}, {}}, scope};
  for (const Month& month : world.log.months())
    months += world.log.covers(hold, month) ? std::to_string(month.month) + " " : "";
  return months;
}

TEST(Holds, KeepWhatTheirScopeSaysAndTheMonthThatTheirTextStandsIn) {
  TrueWorld world = a_log(kReadingMinUs);
  world.log.apply_source(LeafIndex{1}, SourceId{7});
  run_days(world, 40);
  world.log.apply_source(LeafIndex{world.appended_us.size() - 1}, SourceId{8});
  run_days(world, 40);
  EXPECT_EQ(held_by(world, {Scope::What::kAll, 0, 0, {}}), "202601 202602 202603 ");
  EXPECT_EQ(held_by(world, {Scope::What::kMonths, 202'602, 202'602, {}}), "202602 202603 ");
  EXPECT_EQ(held_by(world, {Scope::What::kMonths, 202'001, 202'012, {}}), "202603 ");
  EXPECT_EQ(held_by(world, {Scope::What::kSource, 0, 0, SourceId{7}}), "202601 202603 ");
  EXPECT_EQ(held_by(world, {Scope::What::kSource, 0, 0, SourceId{8}}), "202602 202603 ");
}

TEST(Retention, AnImageOfItStaysAsItWasWhileSourcesGoOn) {
  TrueWorld world = a_log(kReadingMinUs);
  world.log.apply_source(LeafIndex{1}, SourceId{7});
  const auto image = world.log.image();
  const Retention copy = world.log;
  world.log.apply_source(LeafIndex{1}, SourceId{8});
  world.log.apply_source(LeafIndex{1}, SourceId{9});
  EXPECT_EQ(world.log.months().front().sources.size(), 3u);
  for (const Retention* earlier : {image.get(), &copy})
    EXPECT_EQ(earlier->months().front().sources.size(), 1u);
}

}  // namespace
}  // namespace varve::rules
