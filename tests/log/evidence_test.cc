// Time stamps that an operator gives a running log: the next clock record carries what they come to,
// whichever month it begins, and what does not count leaves no record.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/timestamp.h"
#include "ledger/store/month_keys.h"
#include "tests/format/test_cosigner.h"
#include "tests/format/time_authority.h"
#include "tests/log/later_store.h"
#include "tests/log/stepped_log.h"
#include "tests/log/world.h"

namespace varve {
namespace {

using format::Kind;
using testing::events;
using testing::SetClock;
using testing::World;

constexpr std::uint64_t kEvidenceDayUs = format::kDayUs;

/// A log whose first policy names an authority, and that has run since for longer than that has to wait. The
/// authority's clock is the real one.
class GivenEvidence : public ::testing::Test {
 protected:
  GivenEvidence() {
    world_.clock = &clock_;
    world_.options.first_policy.quorum = 1;
    world_.options.first_policy.sources = {
        {"tsa.example.org", *decode_hex_hash(authority_.key_hash())}};
  }
  static std::uint64_t real_us() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
  }
  /// The log is made at `begin_us` by its clock, and runs for so many days.
  void run_from(std::uint64_t begin_us, std::uint64_t days) {
    clock_.now = begin_us;
    ASSERT_TRUE(world_.open());
    ASSERT_TRUE(world_.append_events(events(1)));
    clock_.now = begin_us + days * kEvidenceDayUs;
    ASSERT_TRUE(world_.append_events(events(1)));
  }
  [[nodiscard]] std::string stamped(const format::Checkpoint& checkpoint) {
    return format::timestamp_text(
        {checkpoint, authority_.token(format::checkpoint_text(checkpoint))});
  }
  [[nodiscard]] std::string stamped() { return stamped(world_.log->latest()->checkpoint); }
  static Result<Appended> give_to(World& world, std::vector<std::string> texts) {
    std::promise<Result<Appended>> promise;
    world.log->append_timestamps(
        std::move(texts), [&](Result<Appended> done) { promise.set_value(std::move(done)); });
    return promise.get_future().get();
  }
  Result<Appended> give(std::vector<std::string> texts) {
    return give_to(world_, std::move(texts));
  }
  void expect_refused(const std::vector<std::string>& texts, const std::string& why) {
    const TreeSize before = world_.size();
    const auto given = give(texts);
    ASSERT_FALSE(given) << why;
    EXPECT_EQ(given.error().code, Code::kInvalid);
    EXPECT_NE(given.error().message.find(why), std::string::npos) << given.error().message;
    EXPECT_EQ(world_.size(), before);
  }
  [[nodiscard]] Buffer record(LeafIndex i) const { return world_.log->records(i, 1)->front(); }
  [[nodiscard]] std::vector<Kind> kinds_from(TreeSize first) const {
    std::vector<Kind> kinds;
    for (std::uint64_t i = first.value; i < world_.size().value; ++i)
      kinds.push_back(format::decode_record(record(LeafIndex{i}))->kind);
    return kinds;
  }
  [[nodiscard]] format::Clock clock_in(LeafIndex i) const {
    const Buffer bytes = record(i);
    return *format::parse_clock(text_of(format::decode_record(bytes)->payload));
  }
  [[nodiscard]] std::uint64_t age_of(LeafIndex i) const {
    return world_.log->view().retention->timeline().age_us(i);
  }
  void expect_sound() {
    world_.log.reset();
    const auto report = testing::audit_store(world_.options, world_.environment());
    ASSERT_TRUE(report) << report.error().message;
    for (const auto& finding : report->findings) ADD_FAILURE() << finding.where << finding.what;
  }

  format::TimeAuthority authority_;
  SetClock clock_;
  World world_;
};

// The log's clock says some days more than the authority's: no reading moves.
TEST_F(GivenEvidence, IsCarriedByTheClockRecordBehindIt) {
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const TreeSize before = world_.size();
  const std::uint64_t asked_us = real_us();
  const auto given = give({stamped(), stamped()});
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(kinds_from(before),
            (std::vector{Kind::kClock, Kind::kTimestamp, Kind::kTimestamp, Kind::kClock}));
  EXPECT_EQ(given->first.value, before.value + 1);
  EXPECT_EQ(given->count, 2U);
  const auto evidence = clock_in(LeafIndex{before.value + 3}).evidence;
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->size, before);
  EXPECT_EQ(evidence->stamps,
            (std::vector{LeafIndex{before.value + 1}, LeafIndex{before.value + 2}}));
  EXPECT_GE(evidence->latest_us, asked_us);
  EXPECT_LE(evidence->latest_us, real_us() + 3'000'000);
  EXPECT_GE(world_.log->view().retention->timeline().newest().earliest_us, asked_us - 3'000'000);
  expect_sound();
}

// A log that lay still from spring to now: the evidence says so at once, and the month that it was in
// keeps its segment.
TEST_F(GivenEvidence, ThatEndsTheMonthIsCarriedByTheNextSegmentsFirstRecord) {
  run_from(rules::kReadingMinUs, 31);
  const TreeSize before = world_.size();
  ASSERT_TRUE(give({stamped()}));
  EXPECT_EQ(kinds_from(before), (std::vector{Kind::kClock, Kind::kTimestamp}));
  for (const bool derived : {true, false}) {
    world_.log.reset();
    for (const char* folder : {"tree", "leaves", "appends", "catalogue"})
      if (!derived) std::filesystem::remove_all(std::filesystem::path(world_.directory) / folder);
    ASSERT_TRUE(world_.open())
        << "what was stated waits for the next append, also through a restart";
  }
  const TreeSize after = world_.size();
  ASSERT_TRUE(world_.append_events(events(1)));
  const std::vector<Kind> kinds = kinds_from(after);
  EXPECT_EQ(std::vector(kinds.begin(), kinds.begin() + 3),
            (std::vector{Kind::kClock, Kind::kMonthSecret, Kind::kBatchSeal}));
  const format::Clock clock = clock_in(LeafIndex{after.value});
  ASSERT_TRUE(clock.evidence);
  EXPECT_EQ(clock.reading_us, clock.evidence->earliest_us);
  const auto segments = store::all_segments(*world_.files);
  ASSERT_TRUE(segments);
  EXPECT_EQ(segments->back().first, LeafIndex{after.value});
  EXPECT_EQ(segments->back().month, month_of(clock.reading_us));
  EXPECT_EQ(world_.log->view().retention->months().back().first, LeafIndex{after.value});
  expect_sound();
}

TEST_F(GivenEvidence, ThatDoesNotCountLeavesNoRecord) {
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const format::Checkpoint newest = world_.log->latest()->checkpoint;
  format::TimeAuthority stranger;
  expect_refused(
      {format::timestamp_text({newest, stranger.token(format::checkpoint_text(newest))})},
      "R4: evidence is by a source that the policy does not name");
  format::Checkpoint other = newest;
  other.origin = "audit.example.org/other";
  expect_refused({stamped(other)}, "it is of another log");
  other = newest;
  other.root.bytes[0] ^= std::byte{1};
  expect_refused({stamped(other)}, "of another tree");
  other = newest;
  other.size.value += 1;
  expect_refused({stamped(other)}, "more records than the log has");
  other = newest;
  other.size.value -= 1;
  expect_refused(
      {format::timestamp_text({other, authority_.token(format::checkpoint_text(newest))})},
      "of another tree");
  expect_refused({stamped().substr(1)}, "of another log");
  expect_refused({}, "1 to 32 time stamps, not 0");
  expect_refused(std::vector<std::string>(format::kStampsMax + 1, stamped()),
                 "1 to 32 time stamps, not 33");
  expect_refused({stamped(), "nonsense"}, "checkpoint");
  EXPECT_TRUE(give(std::vector<std::string>(format::kStampsMax, stamped())));
  expect_sound();
}

/// The segment is of the month that ends: who needs a clock record comes again.
TEST_F(GivenEvidence, ThatEndsTheMonthEndsWhatIsJudgedByTheClockInItsGroup) {
  run_from(rules::kReadingMinUs, 31);
  const std::string text = stamped();
  world_.log.reset();
  auto recovered = recovery::recover(world_.options, world_.environment());
  ASSERT_TRUE(recovered);
  testing::HeldSide side;
  log::Sequencer sequencer(world_.options, world_.environment(), *recovered->storage,
                           std::move(recovered->start), side);
  ASSERT_TRUE(sequencer.start());
  std::vector<std::string> told;
  std::vector<log::Item> items;
  for (int k = 0; k < 2; ++k)
    items.push_back({log::TimeStatements{{text}},
                     [&told](const Result<Appended>& done) {
                       told.push_back(done ? "taken" : done.error().message);
                     },
                     text.size(),
                     {},
                     {}});
  sequencer.step(std::move(items));
  side.wait();
  sequencer.step({});
  sequencer.finish();
  EXPECT_EQ(told, (std::vector<std::string>{
                      "evidence that was just given ends the month: send this again", "taken"}));
}

TEST_F(GivenEvidence, OfASourceThatWasJustNamedWaits) {
  run_from(real_us() - 30 * kEvidenceDayUs, 29);
  expect_refused({stamped()}, "R5: evidence is by a source just named");
}

TEST_F(GivenEvidence, TakesAsManySourcesAsThePolicyDemands) {
  format::TimeAuthority second;
  world_.options.first_policy.quorum = 2;
  world_.options.first_policy.sources.push_back(
      {"tsa.example.net", *decode_hex_hash(second.key_hash())});
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const format::Checkpoint newest = world_.log->latest()->checkpoint;
  expect_refused({stamped(), stamped()}, "R4: evidence is by 1 source(s), it takes 2");
  EXPECT_TRUE(give({stamped(), format::timestamp_text(
                                   {newest, second.token(format::checkpoint_text(newest))})}));
}

// A witness is a voice as an authority is; alone neither is heard, and nobody speaks as a source of the other type.
TEST_F(GivenEvidence, TakesCosignaturesOfTheWitnessesThatThePolicyNames) {
  const format::TestCosigner north("north.example/w", 1);
  const format::TestCosigner south("south.example/w", 2);
  const format::TestCosigner stranger("north.example/w", 3);
  world_.options.first_policy.quorum = 2;
  for (const auto* witness : {&north, &south})
    world_.options.first_policy.sources.push_back(
        {witness->key().name, format::cosigner_hash(witness->key()), format::SourceType::kWitness});
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const format::Checkpoint newest = world_.log->latest()->checkpoint;
  const std::uint64_t now_s = real_us() / 1'000'000;
  const auto by = [&](const format::TestCosigner& witness, const std::string& text) {
    const format::Note note{text, {witness.cosign(text, now_s)}};
    return format::timestamp_text(
        {newest,
         format::cosigned_time(witness.key(), **format::cosignature_of(note, witness.key()))});
  };
  const std::string text = format::checkpoint_text(newest);
  expect_refused({by(north, text)}, "R4: evidence is by 1 source(s), it takes 2");
  expect_refused({by(north, text), by(north, text)}, "R4: evidence is by 1 source(s), it takes 2");
  expect_refused({by(north, text), by(stranger, text)}, "R4: evidence is by a source");
  expect_refused({by(north, text), by(south, text + "\n")}, "does not verify");
  const TreeSize before = world_.size();
  ASSERT_TRUE(give({by(north, text), by(south, text)}));
  const auto evidence = clock_in(LeafIndex{before.value + 3}).evidence;
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->latest_us, (now_s + 60) * 1'000'000);
  EXPECT_EQ(evidence->earliest_us, (now_s - 60) * 1'000'000);
  EXPECT_TRUE(give({stamped(), by(south, text)})) << "an authority and a witness";
  expect_sound();
}

// One witness would age the log alone, and no older program could check what it said.
TEST_F(GivenEvidence, IsNotByAWitnessThatThePolicyNamesAsAnAuthority) {
  const format::TestCosigner north("north.example/w", 1);
  world_.options.first_policy.sources = {{"tsa", format::cosigner_hash(north.key())}};
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const format::Checkpoint newest = world_.log->latest()->checkpoint;
  const std::string text = format::checkpoint_text(newest);
  const format::Note note{text, {north.cosign(text, real_us() / 1'000'000)}};
  expect_refused({format::timestamp_text(
                     {newest, format::cosigned_time(north.key(),
                                                    **format::cosignature_of(note, north.key()))})},
                 "R4: evidence is by a source that the policy does not name");
  expect_sound();
}

TEST_F(GivenEvidence, IsNotByAnAuthorityThatThePolicyNamesAsAWitness) {
  const format::TimeAuthority second;
  world_.options.first_policy.quorum = 2;
  auto& sources = world_.options.first_policy.sources;
  sources[0].type = format::SourceType::kWitness;
  sources.push_back({"tsa.example.net", *decode_hex_hash(second.key_hash())});
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const format::Checkpoint newest = world_.log->latest()->checkpoint;
  expect_refused(
      {stamped(), format::timestamp_text({newest, second.token(format::checkpoint_text(newest))})},
      "R4: evidence is by a source that the policy does not name");
}

// The first that comes behind it may be what needs a clock record itself.
TEST_F(GivenEvidence, ThatEndedTheMonthLetsTheNextEvidenceIn) {
  for (const bool restarted : {false, true}) {
    World world;
    world.clock = &clock_;
    world.options.first_policy = world_.options.first_policy;
    clock_.now = rules::kReadingMinUs;
    ASSERT_TRUE(world.open());
    ASSERT_TRUE(world.append_events(events(1)));
    clock_.now = rules::kReadingMinUs + 31 * kEvidenceDayUs;
    ASSERT_TRUE(world.append_events(events(1)));
    ASSERT_TRUE(give_to(world, {stamped(world.log->latest()->checkpoint)}));
    if (restarted) {
      ASSERT_TRUE(world.reopen());
    }
    const auto more = give_to(world, {stamped(world.log->latest()->checkpoint)});
    EXPECT_TRUE(more) << more.error().message;
  }
}

// What the log ran between the two stamps is less than what its clock claims.
TEST_F(GivenEvidence, ThatContradictsWhatTheLogSaysItRanIsRefused) {
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  ASSERT_TRUE(give({stamped()}));
  clock_.now = clock_.now + 2 * kEvidenceDayUs;
  ASSERT_TRUE(world_.append_events(events(1)));
  const auto given = give({stamped()});
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, Code::kWorm);
  EXPECT_NE(given.error().message.find("R8"), std::string::npos) << given.error().message;
}

TEST_F(GivenEvidence, MakesRecordsNoOlderThanTheTimeStampSays) {
  run_from(real_us() - 30 * kEvidenceDayUs, 33);
  const std::uint64_t before = age_of(LeafIndex{0});
  ASSERT_TRUE(give({stamped()}));
  EXPECT_LT(age_of(LeafIndex{0}) - before, kEvidenceDayUs) << "the log ran all the time";
}

// Only where the tree is can anybody know it: a start believes its own records.
TEST(StampedStore, OverATreeThatTheLogNeverHadIsNamedByItsAudit) {
  const format::TimeAuthority authority;
  for (const bool lies : {false, true}) {
    World world;
    testing::LaterStore store(world);
    store.batch({Kind::kEvent});
    format::Checkpoint stated{world.options.origin, TreeSize{1},
                              merkle::leaf_hash(store.records[0])};
    if (lies) stated.root.bytes[0] ^= std::byte{1};
    store.control(
        Kind::kTimestamp,
        format::timestamp_text({stated, authority.token(format::checkpoint_text(stated))}));
    ASSERT_TRUE(store.write());
    std::vector<std::string> told;
    world.notice = [&told](std::string_view event, const std::string& sentence) {
      if (event == "evidence_not_used") told.push_back(sentence);
    };
    ASSERT_TRUE(world.open());
    world.log.reset();
    ASSERT_EQ(told.size(), 1U) << "once, however often the log looks";
    EXPECT_NE(told[0].find("up to record 3: the log had no clock record"), std::string::npos);
    const auto report = testing::audit_store(world.options, world.environment());
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->findings.size(), lies ? 1U : 0U);
    if (lies) {
      EXPECT_EQ(report->findings[0].where, "record 3");
      EXPECT_NE(report->findings[0].what.find("over another tree"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace varve
