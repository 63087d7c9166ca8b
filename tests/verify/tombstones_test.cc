// Tombstones in a log that is audited: true ones are counted, and whoever wants to hide an event
// whose key is there has to say something that can be true.
#include <gtest/gtest.h>

#include "buried.h"
#include "good_log.h"
#include "ledger/verify/kept_events.h"

namespace varve::verify {
namespace {

Outcome audit_buried(const LogBuilder& log, const std::set<std::size_t>& records,
                     const format::Tombstone& says = gone()) {
  Files files = log.files();
  bury(files, records, says);
  return audit(files, log.first.verifier);
}

/// The same log with one event in each batch, so that a batch is destroyed with one tombstone.
LogBuilder small_batches() {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 1);
  log.server_batch(1);
  log.rotate_key(SigningKey::make(log.origin, "second key"));
  log.batch(ward(), 3);
  return log;
}

TEST(GoneEvents, AreCountedByMonthAndTheRestIsIntact) {
  const LogBuilder log = good_log();
  const std::set<std::size_t> events = all_events(log, log.records.size());
  const Outcome outcome = audit_buried(log, events);
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->destroyed, (rules::DestroyedMonths{{{kGoneMonth},
                                                                {events.size(),
                                                                 gone().destroyed_us,
                                                                 {*events.begin()},
                                                                 {*events.rbegin()},
                                                                 true,
                                                                 std::nullopt}}}));
  EXPECT_TRUE(audit(log).intact->destroyed.empty());
}

// Seals and control records are kept when a key is destroyed, and a batch is destroyed as a whole:
// every record alone.
TEST(GoneEvents, AreWholeBatchesAndNothingElse) {
  for (const LogBuilder& log : {good_log(), small_batches()})
    for (std::size_t k = 0; k < log.records.size(); ++k) {
      SCOPED_TRACE(k);
      const auto events = all_events(log, log.records.size());
      const bool batch_of_one =
          events.contains(k) && !events.contains(k - 1) && !events.contains(k + 1);
      const Outcome outcome = audit_buried(log, {k});
      EXPECT_EQ(outcome.intact.has_value(), batch_of_one) << outcome.text();
      EXPECT_EQ(outcome.finding.has_value(), !batch_of_one);
    }
}

TEST(GoneEvents, ThatCannotBeGoneAreAFinding) {
  const LogBuilder log = good_log();
  const auto expect_named = [&](const format::Tombstone& says, const std::string& why) {
    const std::set<std::size_t> events = all_events(log, log.records.size());
    const Outcome outcome = audit_buried(log, events, says);
    ASSERT_TRUE(outcome.finding) << why;
    EXPECT_EQ(outcome.finding->check, "tombstone");
    EXPECT_EQ(outcome.finding->index, LeafIndex{*events.begin()});
    EXPECT_NE(outcome.finding->what.find(why), std::string::npos) << outcome.finding->what;
  };
  expect_named({0, 0, kNowUs, {}}, "there is none such");
  expect_named({202'613, 0, kNowUs, {}}, "there is none such");
  const std::uint32_t now = month_of(kNowUs);
  expect_named({now, 0, end_of_month_us(now), {}}, "is not over");
  expect_named({kGoneMonth, 0, 7, {}}, "before the month was over");
  expect_named({kGoneMonth, 0, 2 * kNowUs, {}}, "still to come");
}

// A month that was lawfully destroyed is no place to hide what the log took later.
TEST(GoneEvents, OfATimeAfterTheirMonthAreAFinding) {
  LogBuilder log = good_log();
  log.time_us = end_of_month_us(202'603);
  log.server_batch(1);  // its seal says April
  log.server_batch(2);
  const std::size_t size = log.records.size();
  const Outcome outcome = audit_buried(log, {size - 3, size - 2});
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->index, LeafIndex{size - 3});
  EXPECT_NE(outcome.finding->what.find("a record before it is of 2026-04-01"), std::string::npos)
      << outcome.finding->what;
}

TEST(GoneEvents, StayCountedInAnAuditThatIsContinued) {
  LogBuilder log = good_log();
  Files files = log.files();
  const std::set<std::size_t> events = all_events(log, log.records.size());
  bury(files, events);
  const MemorySource source(files);
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  log.server_batch(4);
  files = log.files();
  bury(files, events);
  const Outcome outcome = audit(files, log.first.verifier, "", check.save());
  ASSERT_TRUE(outcome.intact) << outcome.text();
  EXPECT_EQ(outcome.intact->destroyed.at({kGoneMonth}).records, events.size());
  files = log.files();
  bury(files, events, {month_of(kNowUs), 0, kNowUs, {}});
  const Outcome lie = audit(files, log.first.verifier, "", check.save());
  ASSERT_TRUE(lie.finding) << "also where only their hashes are compared again";
  EXPECT_EQ(lie.finding->check, "tombstone");
}

// Each event of a copy against each sort of entry that a server may have in its place.
TEST(GoneEvents, StayInACopyThatHasThem) {
  const LogBuilder log = good_log();
  const std::string before = "tile/entries/000.p/12", now = "tile/entries/000.p/35";
  Files held = log.files(12);
  const Files good = log.files();
  const std::set<std::size_t> events = all_events(log, log.records.size());
  for (const std::set<std::size_t>& already : {std::set<std::size_t>{}, all_events(log, 6)}) {
    bury(held, already);
    Files fetched = good;
    bury(fetched, events);
    const auto merged = keep_events(held.at(before), fetched.at(now), LeafIndex{0}, 0);
    ASSERT_TRUE(merged) << merged.error().message;
    std::set<std::size_t> expected = all_events(log, 12);
    for (const std::size_t k : already) expected.erase(k);
    EXPECT_EQ(merged->kept.at({kGoneMonth}).records, expected.size());
    EXPECT_FALSE(merged->lie);
    std::set<std::size_t> buried = events;
    for (const std::size_t k : expected) buried.erase(k);
    Files want = good;
    bury(want, buried);
    EXPECT_EQ(merged->bundle, want.at(now));
  }
}

TEST(GoneEvents, ThatACopyHasAndThatCannotBeGoneAreALie) {
  const LogBuilder log = good_log();
  const Files held = log.files(12);
  const std::size_t victim = *all_events(log, 12).begin();
  Files fetched = log.files();
  bury(fetched, {victim}, {month_of(kNowUs), 0, kNowUs, {}});
  const auto running = keep_events(held.at("tile/entries/000.p/12"),
                                   fetched.at("tile/entries/000.p/35"), LeafIndex{512}, 0);
  ASSERT_TRUE(running);
  const auto lie = first_impossible(running->claims, {kNowUs, 0});
  ASSERT_TRUE(lie);
  EXPECT_EQ(lie->index.value, 512 + victim);
  const std::uint64_t next_month = end_of_month_us(month_of(kNowUs)) + 1;
  EXPECT_FALSE(first_impossible(running->claims, {5, next_month}))
      << "whatever the reader's own clock says";
  fetched = log.files();
  bury(fetched, {victim});
  fetched.at("tile/entries/000.p/35")[bundle_offset(log, victim) + 30] ^= std::byte{1};
  const auto other = keep_events(held.at("tile/entries/000.p/12"),
                                 fetched.at("tile/entries/000.p/35"), LeafIndex{0}, 0);
  ASSERT_TRUE(other && other->lie);
  EXPECT_NE(other->lie->why.find("its leaf hash"), std::string::npos);
}

// The number of a key period of minutes is no month's. Tombstones of format 1 do not say how long it is.
TEST(GoneEvents, OfADraftAreJudgedByItsMinutes) {
  constexpr std::uint16_t kMinutes = 1;
  const KeyPeriod period = key_period_of(kNowUs, kMinutes);
  const std::uint64_t over_us = end_of_key_period_us(period);
  const LogBuilder log = good_log();
  const Files held = log.files(12);
  const std::size_t victim = *all_events(log, 12).begin();
  Files fetched = log.files();
  bury(fetched, {victim}, {period.number, 0, over_us, {}});
  const auto merged = keep_events(held.at("tile/entries/000.p/12"),
                                  fetched.at("tile/entries/000.p/35"), LeafIndex{0}, kMinutes);
  ASSERT_TRUE(merged);
  EXPECT_FALSE(merged->lie) << merged->lie->why;
  EXPECT_FALSE(first_impossible(merged->claims, {over_us, 0})) << "by the reader's clock alone";
  EXPECT_FALSE(first_impossible(merged->claims, {5, over_us}));
  EXPECT_TRUE(first_impossible(merged->claims, {5, over_us - 1})) << "it is not over";
  const auto as_months = keep_events(held.at("tile/entries/000.p/12"),
                                     fetched.at("tile/entries/000.p/35"), LeafIndex{0}, 0);
  ASSERT_TRUE(as_months && as_months->lie);
  EXPECT_FALSE(first_impossible(as_months->claims, {over_us, 0})) << "one lie is said once";
}

}  // namespace
}  // namespace varve::verify
