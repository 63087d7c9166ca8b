// Each rule refuses something that no other rule refuses: an act that breaks it alone, which may
// follow as soon as the rule is taken out of the law. No rule is without such an act.
#include <gtest/gtest.h>

#include <algorithm>

#include "true_world.h"

namespace varve::rules {
namespace {

const Hash kApproverA = hash_of(201);
const Hash kApproverB = hash_of(202);
const Hash kSourceA = hash_of(101);
const Hash kSourceB = hash_of(102);
const Signers kEverybody{true, {kApproverA, kApproverB}};

/// Rules that an act was seen to break alone.
using Numbers = std::set<int>;

template <class Act>
void breaks_only(int rule, const TrueWorld& world, Act act, Numbers& seen) {
  SCOPED_TRACE(rule);
  act.place = world.next_place();
  const auto broken = first_broken(rules_for(act), world.log, act);
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->rule, rule) << broken->error.message;
  EXPECT_FALSE(broken->error.message.empty());
  EXPECT_FALSE(first_broken<Act>(without(rules_for(act), {rule}), world.log, act));
  const auto verdict = judge(world.log, act);
  ASSERT_FALSE(verdict);
  EXPECT_TRUE(verdict.error().message.starts_with("R" + std::to_string(rule) + ": "));
  seen.insert(rule);
}

template <class Act>
Numbers all_of(const Act& act) {
  Numbers numbers;
  for (const Rule<Act>& rule : rules_for(act)) numbers.insert(rule.number);
  return numbers;
}

void a_day(TrueWorld& world, std::uint64_t days = 1) {
  for (std::uint64_t k = 0; k < days; ++k) {
    world.run(kDay);
    ASSERT_TRUE(world.clock());
  }
  world.append();
}

/// Named sources A and B, of which `quorum` have to speak; locked, due after 40 days.
TrueWorld named_sources(std::uint32_t quorum = 1) {
  TrueWorld world;
  world.append();
  PolicyAct act{{}, {}, {true, {}}};
  act.policy.period = 40;
  act.policy.quorum = quorum;
  act.policy.sources = {{"a", kSourceA}, {"b", kSourceB}};
  EXPECT_TRUE(world.take(act));
  EXPECT_TRUE(world.clock());
  return world;
}

/// January and February are over. Approvers A and B have been named for long enough.
TrueWorld in_march() {
  TrueWorld world = named_sources();
  world.log.apply(ApproversAct{world.append(), 2, {kApproverA, kApproverB}});
  a_day(world, 60);
  return world;
}

MonthRange month_at(const TrueWorld& world, std::size_t k) {
  return *world.log.range_of(world.log.months().at(k));
}

/// January is due.
TrueWorld in_april() {
  TrueWorld world = in_march();
  a_day(world, 32);
  return world;
}

NoticeAct notice_of(const TrueWorld& world, std::size_t month) {
  return {{}, world.log.policy_place()->leaf, {month_at(world, month)}};
}

/// ... and was noticed.
TrueWorld noticed() {
  TrueWorld world = in_april();
  EXPECT_TRUE(world.take(notice_of(world, 0)));
  return world;
}

DisposalAct disposal_of(const TrueWorld& world, const Hash& notice) {
  return {{},    world.log.policy_place()->leaf,   notice, {month_at(world, 0)}, true,
          false, {false, {kApproverA, kApproverB}}};
}

HoldAct hold(const std::string& id, std::uint32_t first, std::uint32_t last) {
  return {{}, id, {Scope::What::kMonths, first, last, {}}, hash_of(1), {true, {}}};
}

Stamp stamped(TrueWorld& world, const Hash& source, std::int64_t off_us = 0) {
  const TreeSize size = world.size();
  const Place place = world.append();
  return {place.index, source, world.now_us + static_cast<std::uint64_t>(off_us),
          1'000'000,   size,   true};
}

ClockAct with_evidence(const TrueWorld& world, const Stamp& stamp) {
  return world.clock_act(evidence_of({stamp}), {stamp});
}

void clock_rules_without_evidence(Numbers& seen) {
  TrueWorld world = named_sources();
  a_day(world, 2);
  ClockAct act = world.clock_act();
  act.clock.number += 1;
  breaks_only(1, world, act, seen);
  act = world.clock_act();
  act.clock.running_us -= 1;
  breaks_only(2, world, act, seen);
  act = world.clock_act();
  act.clock.reading_us += 1;
  breaks_only(3, world, act, seen);
  act = world.clock_act();
  act.clock.earlier.push_back({202'511, LeafIndex{0}});
  breaks_only(9, world, act, seen);
}

TEST(RetentionRules, OfClockRecordsEachRefuseSomething) {
  Numbers seen;
  clock_rules_without_evidence(seen);
  TrueWorld young = named_sources();
  const Stamp early = stamped(young, kSourceA);
  breaks_only(5, young, with_evidence(young, early), seen);
  TrueWorld two = named_sources(2);
  a_day(two, 31);
  const Stamp one_of_two = stamped(two, kSourceA);
  breaks_only(4, two, with_evidence(two, one_of_two), seen);
  TrueWorld world = named_sources();
  a_day(world, 31);
  Stamp stamp = stamped(world, kSourceA);
  ClockAct act = with_evidence(world, stamp);
  EXPECT_TRUE(world.takes(act));
  format::Evidence more = *act.clock.evidence;
  more.earliest_us += 1;
  breaks_only(7, world, world.clock_act(more, {stamp}), seen);
  stamp.is_of_this_log = false;
  breaks_only(6, world, with_evidence(world, stamp), seen);
  ASSERT_TRUE(world.take(act));
  a_day(world);
  const Stamp late = stamped(world, kSourceB, -2 * static_cast<std::int64_t>(kDay));
  breaks_only(8, world, with_evidence(world, late), seen);
  EXPECT_EQ(seen, all_of(act));
}

PolicyAct next_policy(const TrueWorld& world) {
  PolicyAct act{{}, world.log.policy(), kEverybody};
  act.policy.number += 1;
  act.policy.previous = world.log.policy_place()->leaf;
  return act;
}

/// A draft that names approvers.
TrueWorld a_draft() {
  TrueWorld world;
  world.append();
  PolicyAct act{{}, {}, {true, {}}};
  act.policy.mode = format::Mode::kDraft;
  act.policy.period = act.policy.notice = act.policy.wait = act.policy.key_period_minutes = 5;
  EXPECT_TRUE(world.take(act));
  EXPECT_TRUE(world.clock());
  world.log.apply(ApproversAct{world.append(), 2, {kApproverA, kApproverB}});
  world.clock();
  a_day(world);
  return world;
}

TEST(RetentionRules, OfPoliciesEachRefuseSomething) {
  Numbers seen;
  const TrueWorld world = in_march();
  PolicyAct act = next_policy(world);
  act.policy.period += 1;
  EXPECT_TRUE(world.takes(act));
  act.policy.period = 40'000;
  breaks_only(10, world, act, seen);
  act = next_policy(world);
  act.policy.number += 1;
  breaks_only(11, world, act, seen);
  act = next_policy(world);
  act.policy.period -= 1;
  breaks_only(13, world, act, seen);
  act = next_policy(world);
  act.signers.active_key = false;
  breaks_only(14, world, act, seen);
  act = next_policy(world);
  act.signers.approvers.pop_back();
  breaks_only(15, world, act, seen);
  const TrueWorld draft = a_draft();
  act = next_policy(draft);
  EXPECT_TRUE(draft.takes(act));
  act.policy.mode = format::Mode::kLocked;
  act.policy.period = 2'192;
  act.policy.notice = act.policy.wait = 30;
  act.policy.key_period_minutes = 0;
  breaks_only(12, draft, act, seen);
  EXPECT_EQ(seen, all_of(act));
}

TEST(RetentionRules, OfHoldsEachRefuseSomething) {
  Numbers seen;
  TrueWorld world = in_march();
  ASSERT_TRUE(world.take(hold("case-1", 202'601, 202'601)));
  breaks_only(17, world, hold("case-1", 202'602, 202'602), seen);
  breaks_only(18, world, hold("case-2", 202'602, 202'601), seen);
  HoldAct strangers = hold("case-2", 202'601, 202'601);
  strangers.signers = {false, {hash_of(299)}};
  breaks_only(17, world, strangers, seen);
  const Hash placed = world.log.holds().at("case-1").placed.leaf;
  Numbers release;
  breaks_only(19, world, ReleaseAct{{}, "case-1", placed, {true, {kApproverA}}}, release);
  breaks_only(19, world, ReleaseAct{{}, "case-1", hash_of(7), kEverybody}, release);
  ASSERT_TRUE(world.take(ReleaseAct{{}, "case-1", placed, kEverybody}));
  breaks_only(17, world, hold("case-1", 202'601, 202'601), seen);
  breaks_only(19, world, ReleaseAct{{}, "case-1", placed, kEverybody}, release);
  for (std::size_t k = 0; k < kOpenHoldsMax; ++k)
    ASSERT_TRUE(world.take(hold("many-" + std::to_string(k), 202'601, 202'601)));
  breaks_only(20, world, hold("one-more", 202'601, 202'601), seen);
  HoldAct another = hold("one-more", 202'601, 202'601);
  another.signers = {true, {kApproverB}};
  EXPECT_TRUE(world.takes(another)) << "nobody keeps an approver from placing a hold";
  EXPECT_EQ(seen, all_of(HoldAct{}));
  EXPECT_EQ(release, all_of(ReleaseAct{}));
}

TEST(RetentionRules, OfNoticesEachRefuseSomething) {
  Numbers seen;
  TrueWorld world = in_april();
  NoticeAct act = notice_of(world, 0);
  EXPECT_TRUE(world.takes(act));
  act.policy = hash_of(7);
  breaks_only(25, world, act, seen);
  act = notice_of(world, 0);
  act.months[0].end = LeafIndex{act.months[0].end.value - 1};
  breaks_only(21, world, act, seen);
  breaks_only(23, world, notice_of(world, 1), seen);
  TrueWorld held = world;
  ASSERT_TRUE(held.take(hold("case-1", 202'601, 202'601)));
  breaks_only(24, held, notice_of(held, 0), seen);
  TrueWorld noticed_before = world;
  ASSERT_TRUE(noticed_before.take(notice_of(world, 0)));
  breaks_only(31, noticed_before, notice_of(noticed_before, 0), seen);
  world.log.apply(disposal_of(world, Hash{}));
  breaks_only(22, world, notice_of(world, 0), seen);
  EXPECT_EQ(seen, all_of(act));
}

TEST(RetentionRules, OfDisposalsEachRefuseSomething) {
  Numbers seen;
  TrueWorld world = noticed();
  const Hash notice = hash_of(world.appended_us.size());
  ASSERT_TRUE(world.clock());
  breaks_only(26, world, disposal_of(world, notice), seen);
  TrueWorld held = world;
  a_day(world, 8);
  DisposalAct act = disposal_of(world, notice);
  EXPECT_TRUE(world.takes(act));
  act.months.push_back(act.months[0]);
  breaks_only(21, world, act, seen);
  act = disposal_of(world, notice);
  act.root_is_the_logs = false;
  breaks_only(29, world, act, seen);
  act = disposal_of(world, notice);
  act.signers = {true, {kApproverB}};
  breaks_only(28, world, act, seen);
  act = disposal_of(world, notice);
  act.by_policy = true;  // which is not automatic
  breaks_only(28, world, act, seen);
  TrueWorld again = world;
  ASSERT_TRUE(again.take(disposal_of(again, notice)));
  breaks_only(22, again, disposal_of(again, notice), seen);
  ASSERT_TRUE(held.take(hold("case-1", 202'601, 202'601)));
  const Hash placed = held.log.holds().at("case-1").placed.leaf;
  a_day(held, 8);
  ASSERT_TRUE(held.take(ReleaseAct{{}, "case-1", placed, kEverybody}));
  breaks_only(27, held, disposal_of(held, notice), seen);
  EXPECT_EQ(seen, (Numbers{21, 22, 26, 27, 28, 29}));  // R23 to R25: below, together with R26
  EXPECT_EQ(all_of(act), (Numbers{21, 22, 23, 24, 25, 26, 27, 28, 29}));
}

/// What was so when notice was given may be so no longer.
TEST(RetentionRules, OfDisposalsLookAtMonthsAndPolicyAgain) {
  TrueWorld world = noticed();
  const Hash notice = hash_of(world.appended_us.size());
  ASSERT_TRUE(world.clock());
  a_day(world, 8);
  const DisposalAct act = disposal_of(world, notice);
  TrueWorld held = world;
  ASSERT_TRUE(held.take(hold("case-1", 202'601, 202'601)));
  EXPECT_EQ(first_broken(rules_for(act), held.log, act)->rule, 24);
  TrueWorld extended = world;
  PolicyAct longer = next_policy(extended);
  longer.policy.period += 1;
  ASSERT_TRUE(extended.take(longer));
  EXPECT_EQ(first_broken(rules_for(act), extended.log, act)->rule, 25);
  longer = next_policy(extended);
  longer.policy.period = 2'192;
  ASSERT_TRUE(extended.take(longer));
  EXPECT_EQ(first_broken(rules_for(act), extended.log, act)->rule, 23);
}

TEST(RetentionRules, OfWhatWasDisposedOfRefuseWhatDoesNotFollow) {
  Numbers seen;
  TrueWorld world = noticed();
  const Hash notice = hash_of(world.appended_us.size());
  ASSERT_TRUE(world.clock());
  a_day(world, 8);
  ASSERT_TRUE(world.take(disposal_of(world, notice)));
  const std::uint32_t january = world.log.months()[0].month;
  const Hash disposal = world.log.months()[0].disposal->leaf;
  EXPECT_EQ(world.log.disposal_of(LeafIndex{0})->leaf, disposal);
  EXPECT_FALSE(world.log.disposal_of(month_at(world, 0).end));
  breaks_only(30, world, DisposedAct{{}, hash_of(7), january, {}, true}, seen);
  ASSERT_TRUE(world.take(DisposedAct{{}, disposal, january, {}, false}));
  ASSERT_TRUE(world.take(DisposedAct{{}, disposal, january, {}, true}));
  breaks_only(30, world, DisposedAct{{}, disposal, january, {}, true}, seen);
}

// A token that was away stays so until a record says otherwise, whoever leaves it out.
TEST(RetentionRules, RememberEachTokenThatMayHaveAKeyOfWhatWasDisposedOf) {
  using enum format::KeyEnd;
  TrueWorld world = noticed();
  const Hash notice = hash_of(world.appended_us.size());
  ASSERT_TRUE(world.clock());
  a_day(world, 8);
  ASSERT_TRUE(world.take(disposal_of(world, notice)));
  const Month& january = world.log.months()[0];
  const auto say = [&](std::vector<format::TokenEnd> tokens) {
    ASSERT_TRUE(world.take(DisposedAct{{}, january.disposal->leaf, january.month, tokens, false}));
  };
  EXPECT_FALSE(january.keys_are_gone()) << "nothing was said";
  say({{kDestroyed, "a"}, {kAway, "b"}});
  EXPECT_FALSE(january.keys_are_gone());
  say({{kAbsent, "a"}});
  EXPECT_FALSE(january.keys_are_gone()) << "b is left out";
  say({{kFailed, "b"}});
  EXPECT_FALSE(january.keys_are_gone());
  say({{kDestroyed, "b"}});
  EXPECT_TRUE(january.keys_are_gone());
}

TEST(RetentionRules, CountApproversOnceAndOnlyWhenTheyHaveWaited) {
  TrueWorld world = named_sources();
  EXPECT_FALSE(approved(world.log, kEverybody)) << "nobody is named";
  world.log.apply(ApproversAct{world.append(), 1, {kApproverA}});
  a_day(world, 33);
  EXPECT_FALSE(approved(world.log, kEverybody)) << "one is not enough";
  world.log.apply(ApproversAct{world.append(), 2, {kApproverA, kApproverB, hash_of(203)}});
  world.clock();
  a_day(world, 29);
  EXPECT_FALSE(approved(world.log, kEverybody)) << "one of them was named 29 days ago";
  a_day(world, 2);
  EXPECT_TRUE(approved(world.log, kEverybody));
  EXPECT_FALSE(approved(world.log, {true, {kApproverA, kApproverA}}));
  EXPECT_FALSE(approved(world.log, {true, {kApproverA, hash_of(299)}}));
  world.log.apply(ApproversAct{world.append(), 2, {kApproverA, hash_of(203)}});
  EXPECT_FALSE(approved(world.log, kEverybody)) << "one of them left";
  world.log.apply(ApproversAct{world.append(), 2, {kApproverA, kApproverB}});
  world.clock();
  EXPECT_FALSE(approved(world.log, kEverybody)) << "and is named again just now";
}

}  // namespace
}  // namespace varve::rules
