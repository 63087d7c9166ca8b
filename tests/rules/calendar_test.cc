// The calendar against the law: behind every short history of a log, each month goes on the date that
// the calendar names, and not a second before; and what it says is kept whatever its age, is.
#include <gtest/gtest.h>

#include <map>

#include "ledger/rules/disposal_plan.h"
#include "ledger/rules/forecast.h"
#include "tests/rules/true_world.h"

namespace varve::rules {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;
const Signers kAll{true, {hash_of(201), hash_of(202), hash_of(203)}};
const Hash kStamper = hash_of(101);

/// A draft log with periods of minutes: due after six, noticed for two, people wait for three.
struct Draft : TrueWorld {
  bool policy(std::uint32_t period, bool automatic) {
    PolicyAct act{{}, log.policy(), kAll};
    if (log.policy_place()) {
      act.policy.number += 1;
      act.policy.previous = log.policy_place()->leaf;
    }
    act.policy.period = period;
    act.policy.automatic = automatic;
    return take(act) && clock();
  }
  void approvers(std::uint32_t needed, const std::vector<std::uint64_t>& keys) {
    ApproversAct act{append(), needed, {}};
    for (const std::uint64_t key : keys) act.approvers.push_back(hash_of(key));
    log.apply(act);
    clock();
  }
  bool notice(const MonthRange& range) {
    return clock() && log.policy_place() &&
           take(NoticeAct{{}, log.policy_place()->leaf, {range}}) && clock();
  }
  [[nodiscard]] bool takes_disposal(const MonthRange& range) const {
    const Notice* const notice = standing_notice(log, range);
    if (notice == nullptr) return false;
    DisposalAct act{{}, notice->policy, notice->place.leaf, {range}, true};
    act.by_policy = log.policy().automatic;
    if (!act.by_policy) act.signers = kAll;
    return takes(act);
  }
  /// The server stands still, and evidence says so.
  bool stop_with_evidence() {
    const Stamp before{append().index, kStamper, now_us, kSecond, size(), true};
    const bool first = clock(evidence_of({before}), {before});
    stop(4 * kMinute);
    const TreeSize of = size();
    const Stamp behind{append().index, kStamper, now_us, kSecond, of, true};
    return clock(evidence_of({behind}), {behind}) && first;
  }
};

Draft begun() {
  Draft world;
  world.append();
  PolicyAct first;
  first.signers.active_key = true;
  first.policy.mode = format::Mode::kDraft;
  first.policy.period = 6;
  first.policy.notice = 2;
  first.policy.wait = 3;
  first.policy.key_period_minutes = 2;
  first.policy.quorum = 1;
  first.policy.sources = {{"s", kStamper}};
  EXPECT_TRUE(world.take(first));
  EXPECT_TRUE(world.clock());
  world.append();
  world.run(kMinute);
  EXPECT_TRUE(world.clock());
  return world;
}

MonthForecast forecast_in(const Draft& world, const MonthRange& range) {
  const auto said = forecast(world.log, range.first);
  EXPECT_TRUE(said);
  return said->month;
}

/// Until the compliance clock says so. Nothing else happens meanwhile: behind a stop without evidence
/// the reading would catch up with the server's clock, and ages would not.
void run_until(Draft& world, std::uint64_t reading_us) {
  const std::uint64_t now_us = world.log.timeline().newest().reading_us;
  world.host_off_us = static_cast<std::int64_t>(now_us - world.now_us);
  if (reading_us > now_us) world.run(reading_us - now_us);
  EXPECT_TRUE(world.clock());
}

/// What people may do, they do as soon as the calendar says so.
void expect_goes_on_its_date(Draft world, const MonthRange& range) {
  const MonthForecast said = forecast_in(world, range);
  if (!said.notice) {
    EXPECT_EQ(said.state == MonthState::kDue, world.log.remaining_us(range) == 0);
    if (said.due_us > world.log.timeline().newest().reading_us + kSecond) {
      run_until(world, said.due_us - kSecond);
      EXPECT_FALSE(world.notice(range)) << "a second before it is due";
      EXPECT_EQ(forecast_in(world, range).state, MonthState::kKept);
    }
    run_until(world, said.due_us);
    EXPECT_EQ(forecast_in(world, range).state, MonthState::kDue);
    EXPECT_TRUE(world.notice(range)) << "it is due";
  }
  EXPECT_EQ(forecast_in(world, range).state, MonthState::kNoticed);
  if (said.goes_us > world.log.timeline().newest().reading_us + kSecond) {
    run_until(world, said.goes_us - kSecond);
    EXPECT_FALSE(world.takes_disposal(range)) << "a second before";
  }
  run_until(world, said.goes_us);
  EXPECT_TRUE(world.takes_disposal(range)) << "on its date";
}

void expect_is_kept(Draft world, const MonthRange& range) {
  world.run(1'000 * kMinute);
  if (standing_notice(world.log, range) == nullptr) world.notice(range);
  world.run(1'000 * kMinute);
  EXPECT_TRUE(world.clock());
  EXPECT_FALSE(world.takes_disposal(range)) << "something keeps it";
}

struct CalendarTally {
  std::size_t histories = 0;
  std::map<MonthState, std::size_t> months;
  std::map<Keeper, std::size_t> keepers;
};

void expect_the_law_agrees(const Draft& world, CalendarTally& tally) {
  ++tally.histories;
  for (const Month& month : world.log.months()) {
    const auto range = world.log.range_of(month);
    const auto said = forecast(world.log, month.first);
    ASSERT_TRUE(said);
    ++tally.months[said->month.state];
    EXPECT_EQ(!range, said->month.state == MonthState::kRunning);
    if (!range) continue;
    for (const Keeper keeper : said->month.kept_by) ++tally.keepers[keeper];
    if (month.disposal)
      EXPECT_EQ(said->month.state, MonthState::kDisposed);
    else if (said->month.kept_by.empty())
      expect_goes_on_its_date(world, *range);
    else
      expect_is_kept(world, *range);
  }
}

MonthRange oldest(const Draft& world) {
  return world.log.range_of(world.log.months().front()).value_or(MonthRange{});
}

/// Whatever the law refuses is no history.
std::vector<Draft> next_of(const Draft& world) {
  std::vector<Draft> worlds;
  const auto offer = [&](auto&& act) {
    Draft next = world;
    if (act(next)) worlds.push_back(std::move(next));
  };
  offer([](Draft& w) {
    w.run(3 * kMinute);
    w.append();
    return w.clock();
  });
  offer([](Draft& w) {
    w.stop(5 * kMinute);
    return w.clock();
  });
  offer([](Draft& w) { return w.stop_with_evidence(); });
  offer([](Draft& w) {
    w.approvers(2, {201, 202, 203});
    return true;
  });
  offer([](Draft& w) {
    w.approvers(1, {201});
    return true;
  });
  offer([](Draft& w) {
    return w.take(HoldAct{{},
                          "h" + std::to_string(w.log.holds().size()),
                          {Scope::What::kMonths, 0, 0, {}},
                          {},
                          kAll});
  });
  offer([](Draft& w) {
    if (w.log.holds().empty()) return false;
    const auto& [id, hold] = *w.log.holds().begin();
    return w.take(ReleaseAct{{}, id, hold.placed.leaf, kAll});
  });
  offer([](Draft& w) { return w.policy(9, !w.log.policy().automatic); });
  offer([](Draft& w) { return w.notice(oldest(w)); });
  offer([](Draft& w) {
    const Notice* const notice = standing_notice(w.log, oldest(w));
    return notice != nullptr &&
           w.take(
               DisposalAct{{}, notice->policy, notice->place.leaf, {oldest(w)}, true, false, kAll});
  });
  return worlds;
}

void walk(const Draft& world, int left, CalendarTally& tally) {
  expect_the_law_agrees(world, tally);
  if (left == 0 || ::testing::Test::HasFailure()) return;
  for (const Draft& next : next_of(world)) walk(next, left - 1, tally);
}

TEST(Calendar, NamesTheDateOnWhichTheLawLetsAMonthGo) {
  CalendarTally tally;
  walk(begun(), 4, tally);  // from its beginning
  Draft old = begun();      // ... and where a month is due, and people count
  old.approvers(2, {201, 202, 203});
  old.run(12 * kMinute);
  ASSERT_TRUE(old.clock());
  walk(old, 4, tally);
  EXPECT_GT(tally.histories, 5'000u);
  for (const MonthState state : {MonthState::kRunning, MonthState::kKept, MonthState::kDue,
                                 MonthState::kNoticed, MonthState::kDisposed})
    EXPECT_GT(tally.months[state], 30u) << state_text(state);
  EXPECT_GT(tally.keepers[Keeper::kHold], 100u);
  EXPECT_GT(tally.keepers[Keeper::kApprovers], 100u);
}

TEST(Calendar, SaysWhenTheKeysOfAMonthAreGone) {
  Draft world = begun();
  world.approvers(2, {201, 202, 203});
  world.run(12 * kMinute);
  ASSERT_TRUE(world.clock());
  ASSERT_TRUE(world.notice(oldest(world)));
  world.run(3 * kMinute);
  ASSERT_TRUE(world.clock());
  const Notice notice = world.log.notices().front();
  ASSERT_TRUE(world.take(
      DisposalAct{{}, notice.policy, notice.place.leaf, {oldest(world)}, true, false, kAll}));
  const Place disposal = *world.log.months().front().disposal;
  const auto said = [&world] { return forecast(world.log).months.front(); };
  EXPECT_EQ(said().state, MonthState::kDisposed);
  EXPECT_EQ(said().disposal, disposal);
  EXPECT_TRUE(acts_left(world.log, said()).empty());
  DisposedAct act{{}, disposal.leaf, said().month, {{format::KeyEnd::kAway, "token"}}};
  ASSERT_TRUE(world.take(act));
  EXPECT_EQ(said().state, MonthState::kDisposed);
  act.tokens.front().end = format::KeyEnd::kDestroyed;
  ASSERT_TRUE(world.take(act));
  EXPECT_EQ(said().state, MonthState::kDestroyed);
}

// Running alone is counted short by a thousandth, and evidence gives that back: the one way in which a
// date comes nearer while nobody does anything. Never is a record younger than its age.
TEST(Calendar, MayNameADateThatEvidenceBringsForward) {
  Draft world = begun();
  world.approvers(2, {201, 202, 203});
  world.run(5 * kMinute);
  ASSERT_TRUE(world.clock());
  ASSERT_TRUE(world.policy(5'000, false));
  const Stamp before{world.append().index, kStamper, world.now_us, kSecond, world.size(), true};
  ASSERT_TRUE(world.clock(evidence_of({before}), {before}));
  world.run(4'000 * kMinute);
  ASSERT_TRUE(world.clock());
  const MonthForecast alone = forecast_in(world, oldest(world));
  const TreeSize of = world.size();
  const Stamp behind{world.append().index, kStamper, world.now_us, kSecond, of, true};
  ASSERT_TRUE(world.clock(evidence_of({behind}), {behind}));
  const MonthForecast vouched = forecast_in(world, oldest(world));
  EXPECT_LT(vouched.due_us, alone.due_us);
  EXPECT_GT(vouched.due_us, alone.due_us - 4'001 * kMinute / 999);
  const std::uint64_t appended_us = world.appended_us[alone.end->value - 1];
  EXPECT_GE(vouched.due_us, appended_us + 5'000 * kMinute);
}

TEST(Calendar, OfALogWithoutAPolicyRecordIsThatItKeepsEverything) {
  TrueWorld world;
  world.append();
  ASSERT_TRUE(world.clock());
  world.log.apply(ApproversAct{world.append(), 2, {hash_of(1), hash_of(2)}});
  world.run(40 * kDay);
  ASSERT_TRUE(world.clock());
  const Forecast said = forecast(world.log);
  ASSERT_EQ(said.months.size(), 2u);
  EXPECT_EQ(said.months[0].state, MonthState::kKept);
  EXPECT_EQ(said.months[0].kept_by, std::vector{Keeper::kNoPolicy});
  EXPECT_GT(said.months[0].goes_us, world.now_us + 2'100 * kDay);
  EXPECT_FALSE(said.first_us);
}

// A record's own age says since when it counts; when it goes is its month's matter.
TEST(Calendar, SaysOfARecordSinceWhenItIsThereAndOfItsMonthWhenItGoes) {
  TrueWorld world;
  EXPECT_FALSE(forecast(world.log, LeafIndex{0})) << "no clock ran yet";
  world.append();
  const std::uint64_t began_us = world.now_us;
  ASSERT_TRUE(world.clock());
  world.run(kDay);
  const LeafIndex record = world.append().index;
  ASSERT_TRUE(world.clock());
  world.run(40 * kDay);
  ASSERT_TRUE(world.clock());
  const auto said = forecast(world.log, record);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->appended_us, began_us);
  EXPECT_EQ(said->age_us, counted_us(40 * kDay));
  EXPECT_EQ(said->month, forecast(world.log).months.front());
  EXPECT_EQ(forecast(world.log, LeafIndex{0})->appended_us, 0u) << "it is before the first reading";
}

}  // namespace
}  // namespace varve::rules
