// What a thief with the log's keys and its server can write, and what a mirror makes of it: the log
// breaks none of its rules, and the mirror keeps the month, each time by the one rule that is about it.
#include "ledger/verify/own_judgement.h"

#include <gtest/gtest.h>

#include <functional>

#include "mirror_story.h"

namespace varve::verify {
namespace {

/// An honest log of 30 days with approvers from the start, seen all the time; `held` for a while.
MirrorStory honest(bool held = false, bool automatic = false) {
  MirrorStory told(30);
  told.approvers();
  told.first_month();
  told.mirrored(0);
  told.second_month();
  told.mirrored(14);
  told.clock(31);
  if (held) told.hold();
  if (automatic) told.policy(30, true, {told.ann, told.bob});
  told.mirrored(31);
  told.clock(50);
  if (held) told.release();
  told.notice();
  told.clock(50);
  told.mirrored(50);
  told.clock(58);
  told.disposal(automatic);
  told.mirrored(58);
  return told;
}

std::vector<int> numbers_of(const std::vector<Doubt>& doubts) {
  std::vector<int> numbers;
  for (const Doubt& doubt : doubts) numbers.push_back(doubt.rule);
  return numbers;
}

/// This rule keeps the month, says so, and is the only one: without it the month would go.
void expect_kept_by(const MirrorStory& told, int rule, const std::string& why) {
  const std::vector<Doubt> found = told.doubts_without(0);
  EXPECT_EQ(numbers_of(found), std::vector{rule}) << doubts_text(found);
  EXPECT_NE(doubts_text(found).find(why), std::string::npos) << doubts_text(found);
  EXPECT_TRUE(told.doubts_without(rule).empty()) << doubts_text(told.doubts_without(rule));
}

TEST(OwnJudgement, FollowsALogThatItSawAllTheTime) {
  for (const bool held : {false, true})
    for (const bool automatic : {false, true}) {
      const auto found = honest(held, automatic).doubts_without(0);
      EXPECT_TRUE(found.empty()) << doubts_text(found);
    }
}

// The log claims that 95 days have passed, in 40.
TEST(OwnJudgement, O1BelievesNoClockOfTheLog) {
  MirrorStory told(60);
  told.approvers();
  told.first_month();
  told.mirrored(0);
  told.second_month();
  told.mirrored(14);
  told.clock(87);
  told.notice();
  told.clock(87);
  told.mirrored(32);
  told.clock(95);
  told.disposal();
  told.mirrored(40);
  expect_kept_by(
      told, 1,
      "O1: its last record this mirror first saw on 2026-02-20T10:15:01Z, and 40 days of "
      "60 days have passed since, so that it is kept until about 2026-04-21T10:15:01Z");
  EXPECT_EQ(until_us(told.doubts_without(0)), MirrorStory::kBeginUs + 60 * format::kDayUs);
  told.mirrored(59);
  EXPECT_EQ(numbers_of(told.doubts_without(0)), std::vector{1});
  told.mirrored(60);
  EXPECT_TRUE(told.doubts_without(0).empty());
}

// A mirror's clock may say anything up to the last time that can be written.
TEST(OwnJudgement, NamesNoTimePastTheYear9999) {
  MirrorStory told(60);
  told.approvers();
  told.first_month();
  told.mirrored(0);
  told.second_month();
  told.mirrored(14);
  told.clock(87);
  told.notice();
  told.clock(87);
  told.clock(95);
  told.disposal();
  told.mirrored(32);
  const std::uint64_t ahead_us = format::kTimeMaxUs - told.seen.back().time_us;
  for (format::Sighting& seen : told.seen) seen.time_us += ahead_us;
  const auto found = told.doubts_without(0);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.front().until_us, format::kTimeMaxUs);
  EXPECT_NE(found.front().why.find("until about 9999-12-31T23:59:59Z"), std::string::npos)
      << found.front().why;
}

// One key places a hold: behind the disposal it does not cover the month, and keeps it in no mirror.
TEST(OwnJudgement, HoldsNothingByAHoldBehindTheDisposalNorByItsRelease) {
  MirrorStory told = honest();
  told.hold();
  told.mirrored(60);
  EXPECT_TRUE(told.doubts_without(0).empty()) << doubts_text(told.doubts_without(0));
  const SigningKey carol = SigningKey::make("carol", "carol");
  told.clock(60);
  told.approvers(carol, {told.ann, told.bob, carol});
  told.clock(60);
  told.clock(95);
  told.approvers(told.bob, {told.ann, carol, told.bob});
  told.clock(95);
  told.clock(130);
  told.release();  // by Bob, whom the mirror now sees named for the first time
  told.mirrored(130);
  EXPECT_TRUE(told.doubts_without(0).empty()) << doubts_text(told.doubts_without(0));
}

/// A thief names approvers of his own; `seen_named` and what follows are days of the mirror.
struct Late {
  std::uint64_t named = 0;
  std::uint64_t released = 0;
  std::uint64_t noticed = 0;
  std::uint64_t disposed = 0;
  bool held = false;
  bool automatic = false;
};
MirrorStory late(const Late& seen) {
  MirrorStory told(30);
  told.first_month();
  told.mirrored(0);
  told.second_month();
  if (seen.held) told.hold();
  told.mirrored(14);
  told.clock(20);
  told.approvers();
  told.clock(20);
  told.mirrored(seen.named);
  told.clock(60);
  if (seen.held) told.release();
  if (seen.automatic) told.policy(30, true, {told.ann, told.bob});
  told.clock(60);
  told.mirrored(seen.released);
  told.clock(61);
  told.notice();
  told.clock(61);
  told.mirrored(seen.noticed);
  told.clock(70);
  told.disposal(seen.automatic);
  told.mirrored(seen.disposed);
  return told;
}

TEST(OwnJudgement, O2BelievesNoReleaseByPeopleWhomItDidNotKnow) {
  expect_kept_by(late({20, 25, 50, 60, true, false}), 2,
                 "O2: the release of the hold case was approved by 0 approver(s) whom this mirror "
                 "knew 30 days before it saw that, and it takes 2");
}

TEST(OwnJudgement, O3GivesThoseWhoWatchTheMirrorTheTimeOfTheNotice) {
  MirrorStory told = late({20, 50, 60, 65, true, false});
  expect_kept_by(told, 3, "O3: the notice this mirror first saw on");
  told.mirrored(66);
  EXPECT_TRUE(told.doubts_without(0).empty());
}

TEST(OwnJudgement, O4BelievesNoDisposalByPeopleWhomItDidNotKnow) {
  expect_kept_by(late({40, 41, 50, 60, false, false}), 4, "O4: the disposal was approved by 0 ");
  expect_kept_by(late({20, 25, 50, 60, false, true}), 4,
                 "O4: the policy by which it was disposed of was approved by 0 ");
  EXPECT_TRUE(late({20, 25, 50, 60, false, false}).doubts_without(0).empty());
}

// One of the two who signed was named for that.
TEST(OwnJudgement, TakesAsManyWhomItKnewAsTheLogDemands) {
  MirrorStory told(30);
  const SigningKey carol = SigningKey::make("carol", "carol");
  told.approvers(carol, {told.ann, carol});
  told.first_month();
  told.mirrored(0);
  told.second_month();
  told.mirrored(40);
  told.clock(50);
  told.approvers(told.bob, {told.ann, carol, told.bob});
  told.clock(50);
  told.clock(90);
  told.notice();
  told.clock(90);
  told.mirrored(50);
  told.clock(99);
  told.disposal();
  told.mirrored(60);
  expect_kept_by(told, 4,
                 "O4: the disposal was approved by 1 approver(s) whom this mirror knew 30 days "
                 "before it saw that, and it takes 2");
}

// All of it at once, as somebody would do who is in a hurry: the mirror names each.
TEST(OwnJudgement, NamesEverythingThatAThiefDidInAnHour) {
  const auto found = late({15, 15, 15, 15, true, false}).doubts_without(0);
  EXPECT_EQ(numbers_of(found), (std::vector{1, 2, 3, 4})) << doubts_text(found);
  EXPECT_EQ(until_us(found), std::nullopt) << "what he signed stays signed";
}

// Observations were lost, or the mirror is new: nothing is as old as it is.
TEST(OwnJudgement, OfAMirrorThatBeginsNowKeepsEverything) {
  MirrorStory told = honest(true);
  told.seen.clear();
  told.mirrored(1'000);
  EXPECT_EQ(numbers_of(told.doubts_without(0)), (std::vector{1, 2, 3, 4}));
  for (std::uint64_t day = 1'000; day <= 1'100; ++day) told.mirrored(day);
  EXPECT_EQ(numbers_of(told.doubts_without(0)), (std::vector{2, 4}))
      << "whom it saw together with what they signed, it never knew before";
}

// A longer policy that was stated once is what counts, also in a draft, where approvers may shorten it.
TEST(OwnJudgement, TakesTheLongestThatAnyPolicyStated) {
  MirrorStory told(30);
  told.approvers();
  EXPECT_EQ(told.acts().period_us(), 30 * format::kDayUs);
  told.policy(3'000, false, {told.ann, told.bob});
  told.policy(31, false, {told.ann, told.bob});
  EXPECT_EQ(told.acts().period_us(), 3'000 * format::kDayUs);
  const Acts of_an_old_log(LogBuilder().first.verifier);
  EXPECT_EQ(of_an_old_log.period_us(), format::kSixYearsDays * format::kDayUs);
}

using Steps = std::array<std::int64_t, 4>;  // of the mirror's clock, in days

/// The judgement as the document says it, of the days on which it saw each of the stages.
std::vector<int> said(const Steps& steps) {
  std::array<std::int64_t, 5> at{};
  for (std::size_t k = 0; k < steps.size(); ++k)
    at[k + 1] = at[k] + std::clamp<std::int64_t>(steps[k], 0, 31);
  const auto [month, named, released, noticed, now] = at;
  std::vector<int> kept_by;
  if (now - month < 30) kept_by.push_back(1);
  if (released - named < 30) kept_by.push_back(2);
  if (now - noticed < 7 - 1) kept_by.push_back(3);
  if (now - named < 30) kept_by.push_back(4);
  return kept_by;
}

// The mirror's machine is started between any two of the stages, and its clock stands still, jumps ahead
// or back.
TEST(OwnJudgement, IsWhatTheDocumentSaysWhateverTheClockDidBetweenStages) {
  MirrorStory told(30);
  told.first_month();
  told.second_month();
  std::vector<std::size_t> sizes{told.log.records.size()};
  const auto stage = [&] { sizes.push_back(told.log.records.size()); };
  told.hold();
  told.clock(20);
  told.approvers();
  told.clock(20);
  stage();
  told.clock(60);
  told.release();
  stage();
  told.notice();
  told.clock(60);
  stage();
  told.clock(70);
  told.disposal();
  stage();
  const Outcome outcome = audit(told.log);
  ASSERT_TRUE(outcome.intact) << outcome.text();
  const rules::Retention& retention = outcome.intact->retention;
  const Acts acts = told.acts();

  constexpr std::array<std::int64_t, 9> kSteps{-5'000, -1, 0, 1, 5, 6, 29, 30, 5'000};
  std::set<std::vector<int>> met;
  for (const std::int64_t a : kSteps)
    for (const std::int64_t b : kSteps)
      for (const std::int64_t c : kSteps)
        for (const std::int64_t d : kSteps) {
          const Steps steps{a, b, c, d};
          std::uint64_t time_us = 2 * MirrorStory::kBeginUs;
          std::vector<format::Sighting> seen{{time_us, 9, TreeSize{sizes[0]}, {}}};
          for (std::size_t k = 0; k < steps.size(); ++k) {
            time_us += static_cast<std::uint64_t>(steps[k]) * format::kDayUs;
            seen.push_back({time_us, 9, seen.back().size, {}, k + 1});
            seen.push_back({time_us, 9, TreeSize{sizes[k + 1]}, {}, k + 1});
          }
          const auto found =
              doubts(own_rules(),
                     {retention, *retention.find_month(MirrorStory::kMonth), acts, OwnTime(seen)});
          ASSERT_EQ(numbers_of(found), said(steps)) << a << " " << b << " " << c << " " << d;
          met.insert(said(steps));
        }
  EXPECT_TRUE(met.contains({})) << "some of them let it go";
  EXPECT_GE(met.size(), 8u);
}

}  // namespace
}  // namespace varve::verify
