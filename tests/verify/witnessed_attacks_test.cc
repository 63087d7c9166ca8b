// Witnessed checkpoints in a log, and each lie about them that an auditor refuses, though the log's own key signed it.
#include <gtest/gtest.h>

#include "cosigned_log.h"
#include "ledger/base/text.h"

namespace varve::verify {
namespace {

void expect_refused(const Cosigned& made, std::size_t at, const std::string& why) {
  const Outcome outcome = audit(made.log);
  ASSERT_TRUE(outcome.finding) << why;
  EXPECT_EQ(outcome.finding->index, LeafIndex{at}) << outcome.text();
  EXPECT_EQ(outcome.finding->check, "witnessed") << outcome.text();
  EXPECT_NE(outcome.finding->what.find(why), std::string::npos) << outcome.text();
}

TEST(WitnessedCheckpoints, OfALogAsItIsWrittenAreIntactAlsoFromASavedStateBetween) {
  const Cosigned good = Cosigned::good();
  ASSERT_TRUE(audit(good.log).intact) << audit(good.log).text();
  EXPECT_EQ(audit(good.log).intact->witnessed.seen.count, 2U);
  for (std::size_t size = good.first; size <= good.log.records.size(); ++size) {
    const MemorySource before(good.log.files(size));
    LogCheck check(good.log.first.verifier, before, kNowUs);
    ASSERT_TRUE(check.begin());
    while (!check.done()) ASSERT_TRUE(check.step());
    const Outcome outcome = audit(good.log.files(), good.log.first.verifier, "", check.save());
    ASSERT_TRUE(outcome.intact) << size << outcome.text();
    EXPECT_EQ(outcome.intact->witnessed.seen.newest, LeafIndex{good.second});
  }
}

TEST(WitnessedCheckpoints, AreOnceADayOfTheComplianceClock) {
  const Cosigned twice = Cosigned::good(format::kDayUs / 8);
  expect_refused(twice, twice.second, "of the same day as the one in record");
}

TEST(WitnessedCheckpoints, AreOfTreesOfThisLogInFrontOfThem) {
  Cosigned made;
  made.begin();
  format::Checkpoint tree =
      *format::parse_checkpoint_text(format::parse_note(made.log.checkpoint(5))->text);
  const auto signed_by_the_log = [&](const format::Checkpoint& of) {
    return made.with_cosignature(sign_note(format::checkpoint_text(of), {made.log.first}));
  };
  const std::size_t at = made.log.records.size();
  const LogBuilder before = made.log;
  const auto refused = [&](const std::string& note, const std::string& why) {
    SCOPED_TRACE(why);
    made.log = before;
    made.record(note);
    expect_refused(made, at, why);
  };
  refused(made.log.checkpoint(5), "nobody but the log signed");
  refused(made.with_cosignature(sign_note(format::checkpoint_text(tree), {ward()})),
          "no key that signed for the log at 5 records signed");
  refused(made.with_cosignature(made.log.checkpoint(5)) + std::string(rules::kWitnessedMax, 'x'),
          "larger than");
  refused("no note", "not a signed note");
  tree.root.bytes[3] ^= std::byte{1};
  refused(signed_by_the_log(tree), "over another tree");
  tree.size = TreeSize{at + 1};
  refused(signed_by_the_log(tree), "of more records than are in front");
  tree.origin += "-2";
  refused(signed_by_the_log(tree), "of another log");
}

TEST(WitnessedCheckpoints, CoverTheOneBeforeAndStandBehindAClockRecord) {
  Cosigned made;
  made.begin();
  made.first = made.record(made.with_cosignature(made.log.checkpoint(5)));
  made.clock(1, format::kDayUs);
  const std::size_t second = made.record(made.with_cosignature(made.log.checkpoint(made.first)));
  expect_refused(made, second, "does not cover the one in record");
  Cosigned early;
  const std::size_t at = early.record(early.with_cosignature(early.log.checkpoint(1)));
  expect_refused(early, at, "no clock record is in front");
}

// A key that has left may be in other hands; one that had not joined yet says nothing of the time before.
TEST(WitnessedCheckpoints, AreSignedByAKeyThatSignedAtTheirSize) {
  Cosigned made;
  made.begin();
  const SigningKey next = SigningKey::make(made.log.origin, "the next key");
  const auto signed_by = [&](std::size_t size, const SigningKey& key) {
    return made.with_cosignature(
        sign_note(format::parse_note(made.log.checkpoint(size))->text, {key}));
  };
  made.log.rotate_key(next);
  const std::size_t both = made.log.records.size();
  made.log.retire_key(made.log.first);
  const std::size_t alone = made.log.records.size();
  made.clock(1, format::kDayUs);
  const LogBuilder before = made.log;
  const SigningKey& first = before.first;
  struct Row {
    std::size_t size;
    const SigningKey& key;
    bool counts;
  };
  for (const auto& [size, key, counts] :
       {Row{both - 1, first, true}, Row{both - 1, next, false}, Row{both, next, true},
        Row{alone - 1, first, true}, Row{alone, first, false}, Row{alone, next, true}}) {
    SCOPED_TRACE(size);
    const std::string note = signed_by(size, key);
    const std::size_t at = made.record(note);
    if (counts)
      EXPECT_TRUE(audit(made.log).intact) << audit(made.log).text();
    else
      expect_refused(made, at, "no key that signed for the log at " + std::to_string(size));
    made.log = before;
  }
  // The first key signs the tree of its own event; before that there is no key and nothing to witness.
  expect_refused(made, made.record(signed_by(0, first)), "of no records");
}

TEST(WitnessedCheckpoints, AreHeldToAPolicyWhereThereIsOne) {
  Cosigned good = Cosigned::good();
  const format::TestCosigner other("other.example", 32);
  const auto judged = [&](const std::string& quorum) {
    const auto policy = format::WitnessPolicy::parse("witness a " + good.witness.vkey() +
                                                     "\nwitness b " + other.vkey() + "\n" + quorum);
    const MemorySource source(good.log.files());
    LogCheck check(good.log.first.verifier, source, kNowUs);
    CHECK(check.begin());
    check.hold_to(*policy);
    while (!check.done())
      if (!check.step()) return Result<Intact>(corrupt(check.finding()->what));
    return check.finish();
  };
  const auto enough = judged("quorum a\n");
  ASSERT_TRUE(enough);
  EXPECT_EQ(enough->witnessed.judged, 2U);
  EXPECT_EQ(enough->witnessed.by_quorum, 2U);
  EXPECT_EQ(judged("quorum b\n")->witnessed.by_quorum, 0U);
  EXPECT_EQ(judged("quorum none\n")->witnessed.by_quorum, 0U);
  const std::string note = good.with_cosignature(good.log.checkpoint(good.second + 1));
  format::Note lie = *format::parse_note(note);
  lie.signatures.back().signature.back() ^= std::byte{1};
  good.clock(2, 2 * format::kDayUs);
  good.record(format::format_note(lie));
  EXPECT_TRUE(audit(good.log).intact) << "whose line it is, only a policy says";
  EXPECT_FALSE(judged("quorum a\n"));
}

// What an earlier run read is not read again: it counts as held where that run had the same policy.
TEST(WitnessedCheckpoints, ThatAnotherRunReadAreHeldToItsPolicyAlone) {
  const Cosigned good = Cosigned::good();
  const auto policy = [&](const std::string& more) {
    return *format::WitnessPolicy::parse("witness a " + good.witness.vkey() + "\nquorum a\n" +
                                         more);
  };
  const auto run = [&](std::size_t size, const std::optional<format::WitnessPolicy>& by,
                       const Buffer& saved, WitnessedChecked& checked) {
    const MemorySource source(good.log.files(size));
    LogCheck check(good.log.first.verifier, source, kNowUs);
    EXPECT_TRUE(saved.empty() || check.resume(saved));
    EXPECT_TRUE(check.begin());
    if (by) check.hold_to(*by);
    while (!check.done()) EXPECT_TRUE(check.step());
    checked = check.finish()->witnessed;
    return check.save();
  };
  const std::size_t all = good.log.records.size();
  WitnessedChecked checked;
  const Buffer with = run(good.first + 1, policy(""), {}, checked);
  EXPECT_EQ(checked.by_quorum, 1U);
  run(all, policy(""), with, checked);
  EXPECT_EQ(checked.judged, 2U);
  EXPECT_EQ(checked.by_quorum, 2U);
  EXPECT_EQ(checked.newest_by_quorum, LeafIndex{good.second});
  run(all, policy("# another\n"), with, checked);
  EXPECT_EQ(checked.seen.count, 2U);
  EXPECT_EQ(checked.judged, 1U);
  const Buffer without = run(good.first + 1, {}, {}, checked);
  EXPECT_FALSE(checked.is_held);
  run(all, policy(""), without, checked);
  EXPECT_EQ(checked.judged, 1U);
  const Buffer between = run(all, {}, with, checked);
  run(all, policy(""), between, checked);
  EXPECT_EQ(checked.judged, 1U) << "and the second one was read without a policy";
}

}  // namespace
}  // namespace varve::verify
