// What a log says about time and about how long it keeps its records, and each lie in it that an auditor
// refuses, though the log's own key signed it. ledger/rules has the law; this is who applies it.
#include <gtest/gtest.h>

#include <functional>

#include "good_log.h"
#include "ledger/base/text.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/month_secret.h"
#include "ledger/format/retention.h"
#include "ledger/format/timestamp.h"
#include "tests/format/test_cosigner.h"
#include "tests/format/time_authority.h"

namespace varve::verify {
namespace {

using format::kDayUs;
using format::Kind;

constexpr std::uint64_t kNovember = 1'795'256'101'000'000;  // 2026-11-21
constexpr std::uint64_t kDecember = kNovember + 14 * kDayUs;

/// A log as a server writes it, as far as an attack lets it: its creation, a batch, a day later a clock
/// record, in December the next one.
struct Told {
  format::Policy policy;
  format::Clock first;   // the log's first clock record
  format::Clock second;  // a day later
  format::Clock third;   // and in December
  std::uint32_t first_secret = 202'611;
  std::uint32_t third_secret = 202'612;
  std::vector<SigningKey> policy_signers;

  static constexpr std::size_t kPolicyAt = 1;
  static constexpr std::size_t kFirstAt = 2;  // its secret and the seal are behind it
  static constexpr std::size_t kSecondAt = 8;
  static constexpr std::size_t kThirdAt = 11;

  Told() {
    LogBuilder builder;
    policy.origin = builder.origin;
    policy.key = builder.first.verifier;
    policy_signers = {builder.first};
    first = {builder.origin, 0, kNovember, kNovember, 0, {}, {}};
    second = {builder.origin, 1, kNovember + kDayUs, kNovember + kDayUs, kDayUs, {}, {}};
    third = {builder.origin, 2, kDecember, kDecember, 14 * kDayUs, {}, {}};
  }

  [[nodiscard]] LogBuilder begun() const {
    LogBuilder log;
    log.control(Kind::kPolicy, sign_note(format::policy_text(policy), policy_signers));
    log.control(Kind::kClock, format::clock_text(first));
    log.secret_batch(first_secret);
    log.register_source(ward());
    log.batch(ward(), 1);
    CHECK(log.records.size() == kSecondAt);
    log.control(Kind::kClock, format::clock_text(second));
    log.batch(ward(), 1);
    CHECK(log.records.size() == kThirdAt);
    return log;
  }
  [[nodiscard]] LogBuilder log() const {
    LogBuilder log = begun();
    log.control(Kind::kClock, format::clock_text(third));
    log.secret_batch(third_secret);
    log.batch(ward(), 1);
    return log;
  }
};

void expect_refused(const Told& told, std::size_t at, const std::string& check,
                    const std::string& why) {
  const Outcome outcome = audit(told.log());
  ASSERT_TRUE(outcome.finding) << why;
  EXPECT_EQ(outcome.finding->index, LeafIndex{at}) << outcome.text();
  EXPECT_EQ(outcome.finding->check, check) << outcome.text();
  EXPECT_NE(outcome.finding->what.find(why), std::string::npos) << outcome.text();
}

TEST(Retention, OfALogAsItIsWrittenIsIntact) {
  EXPECT_TRUE(audit(Told().log()).intact) << audit(Told().log()).text();
}

TEST(Retention, AClockRecordThatIsNotTheComputedOneIsRefused) {
  const std::vector<std::pair<std::string, std::function<void(format::Clock&)>>> lies = {
      {"is number", [](format::Clock& clock) { clock.number = 3; }},
      {"is number", [](format::Clock& clock) { clock.number = 1; }},
      {"had run", [](format::Clock& clock) { clock.running_us = kDayUs - 1; }},
      {"the reading is", [](format::Clock& clock) { clock.reading_us += 1; }},
      {"the reading is", [](format::Clock& clock) { clock.reading_us -= 1; }},
      {"the reading is", [](format::Clock& clock) { clock.running_us += kDayUs; }},
      {"of another log", [](format::Clock& clock) { clock.origin = "audit.example.org/other"; }},
      {"evidence is by",
       [](format::Clock& clock) {
         clock.evidence = {TreeSize{4}, clock.host_us, clock.host_us, {LeafIndex{5}}};
       }},
  };
  for (const auto& [why, lie] : lies) {
    SCOPED_TRACE(why);
    Told told;
    lie(told.third);
    expect_refused(told, Told::kThirdAt, "clock", why);
  }
}

// The host's clock is only told: the reading follows the running.
TEST(Retention, TheHostsClockOfAClockRecordMovesTheReadingBySevenDaysAYearAtMost) {
  Told told;
  told.third.host_us = 0;
  EXPECT_TRUE(audit(told.log()).intact) << "its battery is empty";
  told.third.host_us = kDecember + 400 * kDayUs;
  expect_refused(told, Told::kThirdAt, "clock", "the reading is");
  told.third.reading_us += 14 * kDayUs * 7 / 365;
  EXPECT_TRUE(audit(told.log()).intact) << audit(told.log()).text();
}

TEST(Retention, EarlierMonthsAreOfALogThatHadNoPolicy) {
  Told told;
  told.first.earlier = {{202'610, {}}};
  expect_refused(told, Told::kFirstAt, "clock", "earlier months");
}

TEST(Retention, AFirstReadingBeforeTheProgramWasMadeIsRefused) {
  Told told;
  told.first.host_us = 5;
  told.first.reading_us = 5;
  expect_refused(told, Told::kFirstAt, "clock", "the reading is");
}

TEST(Retention, APolicyIsTheLogsOwn) {
  Told told;
  told.policy.origin = "audit.example.org/other";
  expect_refused(told, Told::kPolicyAt, "policy", "has the origin as its name");
  told = {};
  told.policy_signers = {ward()};
  expect_refused(told, Told::kPolicyAt, "policy", "no known key signed");
  told = {};
  told.policy.number = 1;
  expect_refused(told, Told::kPolicyAt, "policy", "is number 1");
  told = {};
  told.policy.automatic = true;
  expect_refused(told, Told::kPolicyAt, "policy", "R15: this takes the approval");
}

TEST(Retention, AnotherPolicyTakesTheApprovalOfPeople) {
  Told told;
  LogBuilder log = told.log();
  told.policy.number = 1;
  told.policy.previous = merkle::leaf_hash(log.records[Told::kPolicyAt]);
  told.policy.period += 365;
  const std::size_t at = log.records.size();
  log.control(Kind::kPolicy, sign_note(format::policy_text(told.policy), told.policy_signers));
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->index, LeafIndex{at}) << outcome.text();
  EXPECT_NE(outcome.finding->what.find("at least two people"), std::string::npos) << outcome.text();
}

TEST(Retention, AMonthsSecretIsOfTheMonthThatHasJustBegun) {
  Told told;
  told.third_secret = 202'611;
  expect_refused(told, Told::kThirdAt + 1, "month secret", "of another month");
  told = {};
  told.third = {
      told.third.origin, 2, kNovember + 2 * kDayUs, kNovember + 2 * kDayUs, 2 * kDayUs, {}, {}};
  told.third_secret = 202'611;
  expect_refused(told, Told::kThirdAt + 1, "month secret", "or the second one");
}

TEST(Retention, AMonthsSecretStandsBehindTheClockRecordOfItsMonth) {
  LogBuilder log = Told().log();
  const std::size_t at = log.records.size();
  log.secret_batch(202'612);
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_EQ(outcome.finding->index, LeafIndex{at}) << outcome.text();
  EXPECT_NE(outcome.finding->what.find("behind a clock record"), std::string::npos)
      << outcome.text();
}

// What an audit has read of retention is saved with it: the next one goes on from the right reading.
TEST(Retention, IsJudgedAlsoByAnAuditThatIsContinued) {
  Told told;
  LogBuilder log = told.log();
  const MemorySource source(log.files());
  LogCheck check(log.first.verifier, source, kNowUs);
  ASSERT_TRUE(check.begin());
  while (!check.done()) ASSERT_TRUE(check.step());
  format::Clock next = told.third;
  next.number = 3;
  next.running_us += kDayUs;
  next.host_us = next.reading_us = kDecember + kDayUs;
  for (const bool lies : {false, true}) {
    LogBuilder later = log;
    if (lies) ++next.reading_us;
    later.control(Kind::kClock, format::clock_text(next));
    const Outcome outcome = audit(later.files(), log.first.verifier, "", check.save());
    EXPECT_EQ(outcome.intact.has_value(), !lies) << outcome.text();
  }
}

/// A log whose policy names a time source and that has run for 31 days; then two time stamps, and the
/// clock record that carries them.
struct Stamped {
  Told told;
  format::TimeAuthority authority;
  format::Timestamp first;
  format::Timestamp second;
  format::Clock clock;

  static constexpr std::size_t kFirstAt = Told::kThirdAt;
  static constexpr std::size_t kClockAt = kFirstAt + 2;

  explicit Stamped(std::uint64_t days = 31) {
    told.policy.quorum = 1;
    told.policy.sources = {{"tsa", *decode_hex_hash(authority.key_hash())}};
    first = over(tree_of(5));
    second = over(tree_of(9));
    clock = {told.first.origin, 2, 0, 0, days * kDayUs, {}, {}};
    set_evidence();
  }

  [[nodiscard]] format::Checkpoint tree_of(std::size_t records) const {
    return {told.first.origin, TreeSize{records},
            merkle::root_of(leaves_of(told.begun(), records))};
  }
  [[nodiscard]] format::Timestamp over(const format::Checkpoint& checkpoint) {
    return {checkpoint, authority.token(format::checkpoint_text(checkpoint))};
  }
  static format::SignedTime said(const format::Timestamp& stamp) {
    return format::verify_time_statement(stamp.token, format::checkpoint_text(stamp.checkpoint))
        .value();
  }
  /// As docs/format/retention.md says it.
  void set_evidence() {
    const auto a = said(first);
    const auto b = said(second);
    clock.evidence = {std::min(first.checkpoint.size, second.checkpoint.size),
                      std::max(a.time_us + a.accuracy_us, b.time_us + b.accuracy_us),
                      std::min(a.time_us - a.accuracy_us, b.time_us - b.accuracy_us),
                      {LeafIndex{kFirstAt}, LeafIndex{kFirstAt + 1}}};
    set_reading();
  }
  void set_reading() {
    clock.reading_us = std::max(kNovember + clock.running_us, clock.evidence->earliest_us);
  }
  [[nodiscard]] LogBuilder log() const {
    LogBuilder log = told.begun();
    log.control(Kind::kTimestamp, format::timestamp_text(first));
    log.control(Kind::kTimestamp, format::timestamp_text(second));
    log.control(Kind::kClock, format::clock_text(clock));
    return log;
  }
  void expect_refused(std::size_t at, const std::string& check, const std::string& why) const {
    const Outcome outcome = audit(log());
    ASSERT_TRUE(outcome.finding) << why;
    EXPECT_EQ(outcome.finding->index, LeafIndex{at}) << outcome.text();
    EXPECT_EQ(outcome.finding->check, check) << outcome.text();
    EXPECT_NE(outcome.finding->what.find(why), std::string::npos) << outcome.text();
  }
};

TEST(Evidence, ThatAClockRecordCarriesIsIntactAlsoFromASavedStateBetween) {
  const Stamped stamped;
  const LogBuilder log = stamped.log();
  EXPECT_TRUE(audit(log).intact) << audit(log).text();
  for (std::size_t size = Stamped::kFirstAt; size <= log.records.size(); ++size) {
    const MemorySource before(log.files(size));
    LogCheck check(log.first.verifier, before, kNowUs);
    ASSERT_TRUE(check.begin());
    while (!check.done()) ASSERT_TRUE(check.step());
    for (const bool proven : {false, true}) {
      if (proven) {
        ASSERT_TRUE(check.finish());
      }
      const Outcome outcome = audit(log.files(), log.first.verifier, "", check.save());
      EXPECT_TRUE(outcome.intact) << size << outcome.text();
    }
  }
}

TEST(Evidence, IsOverTreesOfThisLog) {
  Stamped stamped;
  format::Checkpoint other = stamped.first.checkpoint;
  other.root.bytes[7] ^= std::byte{1};
  stamped.first = stamped.over(other);
  stamped.set_evidence();
  stamped.expect_refused(Stamped::kFirstAt, "timestamp", "over another tree");
  other = stamped.second.checkpoint;
  other.origin += "-2";
  stamped.first = stamped.over(other);
  stamped.expect_refused(Stamped::kFirstAt, "timestamp", "of another log");
  stamped.first = stamped.over(stamped.tree_of(Stamped::kFirstAt));
  stamped.first.checkpoint.size.value += 1;
  stamped.first = stamped.over(stamped.first.checkpoint);
  stamped.expect_refused(Stamped::kFirstAt, "timestamp", "of more records");
  stamped.first = {stamped.tree_of(5), stamped.second.token};
  stamped.expect_refused(Stamped::kFirstAt, "timestamp", "over another text");
}

TEST(Evidence, IsWhatTheSourcesSaid) {
  const std::vector<std::function<void(format::Evidence&)>> lies = {
      [](format::Evidence& evidence) { evidence.latest_us -= 1; },
      [](format::Evidence& evidence) { evidence.earliest_us += 1; },
      [](format::Evidence& evidence) { evidence.size.value += 1; },
      [](format::Evidence& evidence) { evidence.stamps.pop_back(); },
      [](format::Evidence& evidence) { evidence.stamps.back().value -= 3; },
  };
  for (const auto& lie : lies) {
    Stamped stamped;
    lie(*stamped.clock.evidence);
    std::ranges::sort(stamped.clock.evidence->stamps);
    stamped.set_reading();
    stamped.expect_refused(Stamped::kClockAt, "clock", "R7: evidence is not what its sources said");
  }
}

TEST(Evidence, IsByASourceThatThePolicyHasNamedForLong) {
  Stamped stamped(29);
  stamped.expect_refused(Stamped::kClockAt, "clock", "R5: evidence is by a source just named");
  Stamped stranger;
  const format::TimeAuthority other;
  stranger.told.policy.sources[0].key = *decode_hex_hash(other.key_hash());
  stranger.first = stranger.over(stranger.tree_of(5));
  stranger.second = stranger.over(stranger.tree_of(9));
  stranger.set_evidence();
  stranger.expect_refused(Stamped::kClockAt, "clock",
                          "R4: evidence is by a source that the policy");
}

// A server that writes it all the same is found out, whichever type it calls the other.
TEST(Evidence, IsByASourceOfTheTypeThatThePolicyNames) {
  const std::string why = "R4: evidence is by a source that the policy";
  Stamped cosigned;
  const format::TestCosigner north("north.example/w", 1);
  cosigned.told.policy.sources[0].key = format::cosigner_hash(north.key());
  const auto by_north = [&](std::size_t records) {
    const format::Checkpoint tree = cosigned.tree_of(records);
    const std::string text = format::checkpoint_text(tree);
    const format::Note note{
        text, {north.cosign(text, Stamped::said(cosigned.second).time_us / 1'000'000)}};
    return format::Timestamp{
        tree, format::cosigned_time(north.key(), **format::cosignature_of(note, north.key()))};
  };
  cosigned.first = by_north(5);
  cosigned.second = by_north(9);
  cosigned.set_evidence();
  cosigned.expect_refused(Stamped::kClockAt, "clock", why);

  Stamped stamped;
  const format::TimeAuthority other;
  stamped.told.policy.quorum = 2;
  stamped.told.policy.sources[0].type = format::SourceType::kWitness;
  stamped.told.policy.sources.push_back({"tsa-2", *decode_hex_hash(other.key_hash())});
  stamped.first = stamped.over(stamped.tree_of(5));
  const format::Checkpoint nine = stamped.tree_of(9);
  stamped.second = {nine, other.token(format::checkpoint_text(nine))};
  stamped.set_evidence();
  stamped.expect_refused(Stamped::kClockAt, "clock", why);
}

TEST(Evidence, IsOfWhatWasStatedSinceTheClockRecordBefore) {
  Stamped stamped;
  LogBuilder log = stamped.told.begun();
  log.control(Kind::kTimestamp, format::timestamp_text(stamped.first));
  log.control(Kind::kTimestamp, format::timestamp_text(stamped.second));
  format::Clock between = stamped.clock;
  between.evidence.reset();
  between.reading_us = kNovember + between.running_us;
  log.control(Kind::kClock, format::clock_text(between));
  EXPECT_TRUE(audit(log).intact) << audit(log).text();
  stamped.clock.number = 3;
  log.control(Kind::kClock, format::clock_text(stamped.clock));
  const Outcome outcome = audit(log);
  ASSERT_TRUE(outcome.finding);
  EXPECT_NE(outcome.finding->what.find("R4: evidence is by 0 source(s)"), std::string::npos)
      << outcome.text();
}

}  // namespace
}  // namespace varve::verify
