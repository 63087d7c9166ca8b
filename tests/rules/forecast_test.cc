// Dates that are promised to people: no month is due before its date, and on its date it is, in a log
// that runs without a stop.
#include "ledger/rules/forecast.h"

#include <gtest/gtest.h>

#include "tests/rules/true_world.h"

namespace varve::rules {
namespace {

constexpr std::uint32_t kPeriod = 40;  // days

/// A locked log that two approvers watch over, of so many days.
TrueWorld watched(std::uint64_t days, std::uint32_t needed = 2) {
  TrueWorld world;
  world.append();
  PolicyAct policy{{}, {}, {true, {}}};
  policy.policy.period = kPeriod;
  EXPECT_TRUE(world.take(policy));
  EXPECT_TRUE(world.clock());
  world.log.apply(ApproversAct{world.append(), needed, {hash_of(1), hash_of(2)}});
  for (std::uint64_t day = 0; day < days; ++day) {
    EXPECT_TRUE(world.clock());
    world.run(kDay);
  }
  EXPECT_TRUE(world.clock());
  return world;
}

TEST(Forecast, NamesTheReadingAtWhichAMonthIsDueAndNoEarlierOne) {
  TrueWorld world = watched(40);
  const Forecast said = forecast(world.log);
  ASSERT_EQ(said.months.size(), 2u);
  ASSERT_TRUE(said.months[0].end);
  EXPECT_FALSE(said.months[1].end) << "the newest month is not over";
  const MonthRange january = *world.log.range_of(world.log.months().front());
  while (world.log.remaining_us(january) != 0) {
    EXPECT_LT(world.log.timeline().newest().reading_us, said.months[0].due_us);
    world.run(kDay / 24);
    ASSERT_TRUE(world.clock());
  }
  const std::uint64_t hour_before = world.log.timeline().newest().reading_us - kDay / 24;
  EXPECT_LE(hour_before, said.months[0].due_us);
}

TEST(Forecast, NothingGoesBeforeItsNotice) {
  const TrueWorld world = watched(40);
  const Forecast said = forecast(world.log);
  ASSERT_TRUE(said.first_us);
  EXPECT_EQ(*said.first_us,
            said.months[0].due_us + running_for_us(format::notice_us(world.log.policy())));
  EXPECT_EQ(said.first_us, said.last_us) << "one month is over";
}

TEST(Forecast, OfALogWithoutTwoApproversIsThatItKeepsEverything) {
  const Forecast said = forecast(watched(80, 1).log);
  EXPECT_EQ(said.months[0].kept_by, std::vector{Keeper::kApprovers});
  EXPECT_FALSE(said.first_us);
  EXPECT_FALSE(said.last_us);
}

TEST(Forecast, LeavesOutWhatAHoldKeepsAndNamesTheHold) {
  const TrueWorld world = watched(80);
  const Forecast free = forecast(world.log);
  const auto held = with(world.log, {.hold = Scope{Scope::What::kMonths, 202'601, 202'601, {}}});
  ASSERT_TRUE(held);
  const Forecast said = forecast(*held);
  EXPECT_EQ(said.months[0].holds, std::vector<std::string>{kNewHold});
  EXPECT_TRUE(said.months[1].holds.empty());
  EXPECT_GT(*said.first_us, *free.first_us);
  const auto released = with(*held, {.release = kNewHold});
  ASSERT_TRUE(released);
  EXPECT_EQ(forecast(*released).months, free.months);
  EXPECT_FALSE(with(*released, {.release = kNewHold})) << "it is released";
  EXPECT_FALSE(with(world.log, {.release = "unknown"}));
  EXPECT_FALSE(with(world.log, {.hold = Scope{Scope::What::kMonths, 202'602, 202'601, {}}}));
  const auto all = with(world.log, {.hold = Scope{}});
  EXPECT_FALSE(forecast(*all).first_us);
}

TEST(Forecast, OfALongerPeriodIsLater) {
  const TrueWorld world = watched(40);
  const auto longer = with(world.log, {.period = 100});
  ASSERT_TRUE(longer);
  const Forecast before = forecast(world.log);
  const Forecast after = forecast(*longer);
  EXPECT_GE(after.months[0].due_us, before.months[0].due_us + (100 - kPeriod) * kDay);
  EXPECT_EQ(forecast(world.log).months, before.months) << "asked of a copy";
  const auto noticed = with(world.log, {.notice = 365});
  EXPECT_GT(*forecast(*noticed).first_us, *before.first_us + 350 * kDay);
}

// What approvers sign names the policy under which a notice was given (R26).
TEST(Forecast, OfALongerPolicyTakesANewNotice) {
  TrueWorld world = watched(90);
  const MonthRange january = *world.log.range_of(world.log.months().front());
  ASSERT_TRUE(world.take(NoticeAct{{}, world.log.policy_place()->leaf, {january}}));
  EXPECT_TRUE(forecast(world.log).months[0].notice);
  EXPECT_EQ(forecast(world.log).months[0].state, MonthState::kNoticed);
  const auto longer = with(world.log, {.period = 41});
  ASSERT_TRUE(longer);
  EXPECT_FALSE(forecast(*longer).months[0].notice);
  EXPECT_EQ(forecast(*longer).months[0].state, MonthState::kDue);
}

// An approver counts from the date on that was named, and not before.
TEST(Forecast, SaysFromWhenOnAnApproverCounts) {
  TrueWorld world = watched(1);
  const auto place_release = [&world] {
    return approved(world.log, {false, {hash_of(1), hash_of(2)}}).has_value();
  };
  const std::uint64_t from = forecast(world.log).approvers.front().counts_us;
  while (!place_release()) {
    EXPECT_LT(world.log.timeline().newest().reading_us, from);
    world.run(kDay / 24);
    ASSERT_TRUE(world.clock());
  }
  EXPECT_LE(world.log.timeline().newest().reading_us - kDay / 24, from);
}

}  // namespace
}  // namespace varve::rules
