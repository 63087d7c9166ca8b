// Witnessed checkpoints in a log, and each lie about them that an auditor refuses, though the log's own key signed it.
#include <gtest/gtest.h>

#include "good_log.h"
#include "ledger/base/text.h"
#include "ledger/format/retention.h"
#include "tests/format/test_cosigner.h"

namespace varve::verify {
namespace {

constexpr std::uint64_t kMorning_us = 1'795'256'101'000'000;  // 2026-11-21

/// A log with two clock records, a day between them, and a witnessed checkpoint behind each.
struct Cosigned {
  format::TestCosigner witness{"w.example", 31};
  LogBuilder log;
  std::size_t first = 0;  // indexes of the two
  std::size_t second = 0;

  void begin() {
    format::Policy policy;
    policy.origin = log.origin;
    policy.key = log.first.verifier;
    log.control(format::Kind::kPolicy, sign_note(format::policy_text(policy), {log.first}));
    clock(0, 0);
    log.secret_batch(202'611);
    log.register_source(ward());
    log.batch(ward(), 1);
  }
  void clock(std::uint64_t number, std::uint64_t us) {
    log.control(
        format::Kind::kClock,
        format::clock_text({log.origin, number, kMorning_us + us, kMorning_us + us, us, {}, {}}));
  }
  /// Also such as no log signed.
  [[nodiscard]] std::string with_cosignature(const std::string& note) const {
    format::Note parsed = *format::parse_note(note);
    parsed.signatures.push_back(witness.cosign(parsed.text, 7));
    return format::format_note(parsed);
  }
  std::size_t record(const std::string& note) {
    log.control(format::Kind::kWitnessed, note);
    return log.records.size() - 1;
  }
  static Cosigned good(std::uint64_t between_us = format::kDayUs) {
    Cosigned made;
    made.begin();
    made.first = made.record(made.with_cosignature(made.log.checkpoint(5)));
    made.log.batch(ward(), 1);
    made.clock(1, between_us);
    made.second = made.record(made.with_cosignature(made.log.checkpoint(made.first + 1)));
    return made;
  }
  void expect_refused(std::size_t at, const std::string& why) const {
    const Outcome outcome = audit(log);
    ASSERT_TRUE(outcome.finding) << why;
    EXPECT_EQ(outcome.finding->index, LeafIndex{at}) << outcome.text();
    EXPECT_EQ(outcome.finding->check, "witnessed") << outcome.text();
    EXPECT_NE(outcome.finding->what.find(why), std::string::npos) << outcome.text();
  }
};

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
  twice.expect_refused(twice.second, "of the same day as the one in record");
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
    made.expect_refused(at, why);
  };
  refused(made.log.checkpoint(5), "nobody but the log signed");
  refused(made.with_cosignature(sign_note(format::checkpoint_text(tree), {ward()})),
          "no key of the log signed");
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
  made.expect_refused(second, "does not cover the one in record");
  Cosigned early;
  const std::size_t at = early.record(early.with_cosignature(early.log.checkpoint(1)));
  early.expect_refused(at, "no clock record is in front");
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
  const std::string note = good.with_cosignature(good.log.checkpoint(good.second + 1));
  format::Note lie = *format::parse_note(note);
  lie.signatures.back().signature.back() ^= std::byte{1};
  good.clock(2, 2 * format::kDayUs);
  good.record(format::format_note(lie));
  EXPECT_TRUE(audit(good.log).intact) << "whose line it is, only a policy says";
  EXPECT_FALSE(judged("quorum a\n"));
}

}  // namespace
}  // namespace varve::verify
