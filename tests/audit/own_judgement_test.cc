// A mirror judges for itself whether a month goes: varve-audit beside a log that disposes of it, told
// by an honest server and by a thief.
#include <gtest/gtest.h>

#include <filesystem>

#include "fake_server.h"
#include "ledger/env/posix.h"
#include "ledger/format/observations.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/mirror_story.h"

namespace varve::audit {

using namespace verify;

namespace {

namespace fs = std::filesystem;

constexpr int kExitGone = 18;
constexpr int kExitKept = 19;

/// The mirror's clock is the machine's. That it saw the log long ago stands in its observations, which
/// a test writes as if it had run then.
struct OwnMirror : ::testing::Test {
  const std::uint64_t now_us = env::posix_clock().now_us();
  TemporaryDirectory directory;
  FakeServer server;
  MirrorStory told{30};
  std::vector<std::pair<std::size_t, std::uint64_t>> stages;  // size, and how many days ago

  [[nodiscard]] std::string vkey() const {
    return " --vkey '" + format::format_vkey(told.log.first.verifier) + "' ";
  }
  [[nodiscard]] Ran mirror(const std::string& options = "") const {
    return run(options + " mirror " + server.url() + " " + directory.file("mirror") + vkey());
  }
  [[nodiscard]] Ran decide(const std::string& month) const {
    return run("mirror " + server.url() + " " + directory.file("mirror") + vkey() + "--forget " +
               month + " --decided-by 'Ann Smith, privacy officer'");
  }
  [[nodiscard]] Ran check(const std::string& options = "") const {
    return run(options + " check " + directory.file("mirror") + vkey());
  }
  [[nodiscard]] format::Observations observations() const {
    return format::parse_observations(directory.read("mirror/observations")).value();
  }
  void stage(std::uint64_t days_ago) { stages.emplace_back(told.log.records.size(), days_ago); }

  /// Ann and Bob approve from the start.
  void tell_honestly() {
    told.approvers();
    told.first_month();
    stage(58);
    told.second_month();
    stage(40);
    told.clock(50);
    stage(12);
    told.notice();
    told.clock(50);
    stage(8);
    told.clock(58);
    told.disposal();
  }
  /// Whoever has the log's key names Ann and Bob, and all of it has happened within a day.
  void tell_as_a_thief() {
    told.first_month();
    told.second_month();
    told.hold();
    stage(5);
    stage(2);
    told.approvers();
    told.clock(20);
    told.clock(60);
    told.release();
    told.notice();
    told.clock(60);
    told.clock(70);
    told.disposal();
  }
  /// The mirror has all of it, and has seen each stage when it is said to have.
  void copy() {
    server.serve(told.log);
    static_cast<void>(mirror());
    format::Observations seen = observations();
    seen.sightings.clear();
    for (const auto& [size, days_ago] : stages) {
      format::Sighting then{
          now_us - days_ago * format::kDayUs, 100'000'000'000'000 + days_ago, {}, {}};
      if (!seen.sightings.empty()) {
        then.size = seen.sightings.back().size;
        then.root = seen.sightings.back().root;
        add_sighting(seen.sightings, then);
      }
      then.size = TreeSize{size};
      then.root = merkle::root_of(leaves_of(told.log, size));
      add_sighting(seen.sightings, then);
    }
    directory.write("mirror/observations", format::observations_text(seen));
  }
  /// The server has destroyed the key of February.
  void destroy() {
    Files files = told.log.files();
    std::set<std::size_t> gone;
    for (std::size_t k = 0; k < told.february.end.value; ++k) {
      const auto kind = format::decode_record(told.log.records[k])->kind;
      if (format::row_of(kind).fate == format::Fate::kGoes) gone.insert(k);
    }
    bury(files, gone, {MirrorStory::kMonth, 0, end_of_month_us(MirrorStory::kMonth), {}});
    for (const auto& [path, bytes] : files)
      if (path.starts_with("tile/entries")) server.replace(path, bytes);
  }
  /// The mirror's bundles: one, as the log is short.
  [[nodiscard]] std::string bundles() const {
    std::string all;
    for (const auto& entry :
         fs::recursive_directory_iterator(directory.file("mirror/tile/entries")))
      if (entry.is_regular_file())
        all += directory.read(fs::relative(entry.path(), directory.path()).string());
    return all;
  }
  /// What tells whoever has a guess at an event of February whether it is right, in any file.
  [[nodiscard]] std::size_t places_that_confirm_a_guess() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(directory.file("mirror")))
      if (entry.is_regular_file())
        all += directory.read(fs::relative(entry.path(), directory.path()).string());
    std::size_t places = 0;
    const auto look_for = [&](Bytes needle) {
      if (all.find(text_of(needle)) != std::string::npos) ++places;
    };
    for (std::size_t k = 0; k < told.february.end.value; ++k) {
      const auto record = *format::decode_record(told.log.records[k]);
      if (format::row_of(record.kind).fate != format::Fate::kGoes) continue;
      look_for(record.payload);
      look_for(merkle::sha256(record.payload).view().first(8));
      look_for(merkle::leaf_hash(record.payload).view().first(8));
    }
    return places;
  }
  /// It runs and keeps every byte, whatever the server has by now.
  void expect_keeps(const std::vector<std::string>& why) {
    const std::string before = bundles();
    for (const Ran& ran : {mirror(), check()})
      for (const std::string& each : why) expect(ran, kExitKept, each);
    EXPECT_EQ(bundles(), before);
    EXPECT_TRUE(observations().forgotten.empty());
  }
};

TEST_F(OwnMirror, LetsAMonthGoWithItsLogAndSaysByWhichRecord) {
  tell_honestly();
  copy();
  const std::string record = std::to_string(told.disposal_at);
  expect(mirror(), 0, "2026-02 goes from this mirror once the server has done so");
  destroy();
  EXPECT_EQ(places_that_confirm_a_guess(), 4U) << "the payloads";
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  EXPECT_EQ(places_that_confirm_a_guess(), 0U);
  expect(check(), kExitGone, "and record " + record + " disposes of it");
  const auto& forgotten = observations().forgotten;
  ASSERT_EQ(forgotten.size(), 1u);
  EXPECT_EQ(forgotten[0].disposal, LeafIndex{told.disposal_at});
  EXPECT_EQ(forgotten[0].events, 4u);
  EXPECT_TRUE(observations().without.empty());
  expect(mirror(), kExitGone, "mirrored: 0 files were new");
  EXPECT_TRUE(observations().without.contains(MirrorStory::kMonth));
}

// The keys are the real ones, and no rule of the log is broken: a check of the server finds nothing.
TEST_F(OwnMirror, KeepsWhatAThiefWithTheLogsKeysDisposedOfAndNamesEachLie) {
  tell_as_a_thief();
  copy();
  destroy();
  expect(run("check " + server.url() + vkey()), kExitGone,
         "and record " + std::to_string(told.disposal_at) + " disposes of it");
  expect_keeps({"\nthe log disposed of 2026-02 in record " + std::to_string(told.disposal_at) +
                    ", and this mirror keeps it: O1: its last record this mirror first saw on ",
                "; O3: the release of the hold case was approved by 0 approver(s)",
                "; O4: the notice this mirror first saw on ",
                "; O5: the disposal was approved by 0 approver(s)"});
  expect(mirror("--json"), kExitKept,
         R"("keeps":[{"month":"2026-02","disposal":)" + std::to_string(told.disposal_at) +
             R"(,"because":[{"rule":"O1","why":"its last record)");
}

// A mirror that keeps a month goes on with what is new.
TEST_F(OwnMirror, GoesOnBesideAMonthThatItKeeps) {
  tell_as_a_thief();
  copy();
  destroy();
  expect(mirror(), kExitKept, "O5");
  told.log.batch(ward(), 300);
  server.serve(told.log);
  destroy();
  expect(mirror(), kExitKept, "files were new; intact: " + std::to_string(told.log.records.size()));
  expect(check(), kExitKept, "intact: " + std::to_string(told.log.records.size()));
}

// Lost observations, or a mirror of an old log: it cannot know, and its owner says.
TEST_F(OwnMirror, BeginsAgainWithoutItsObservationsUntilSomebodyDecides) {
  tell_honestly();
  copy();
  fs::remove(directory.file("mirror/observations"));
  destroy();
  expect(mirror(), kExitKept,
         "\nthis mirror observes the log from now on: nothing counts as seen before 20");
  expect_keeps({"O1: ", "O5: "});
  expect(decide("2026-02"), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  const auto& forgotten = observations().forgotten;
  ASSERT_EQ(forgotten.size(), 1u);
  EXPECT_EQ(forgotten[0].decided_by, "Ann Smith, privacy officer");
  EXPECT_EQ(forgotten[0].month, MirrorStory::kMonth);
  EXPECT_EQ(forgotten[0].events, 4u);
  expect(check(), kExitGone, "intact, but 4 events are gone");
  expect(decide("2026-02"), kExitGone, "mirrored: 0 files were new");
  EXPECT_EQ(observations().forgotten.size(), 1u);
}

// What no record disposes of is lost at the server, and what is held is wanted: nobody decides that here.
TEST_F(OwnMirror, RefusesADecisionAboutWhatIsLostOrHeld) {
  tell_honestly();
  copy();
  destroy();
  expect(decide("2026-03"), 10, "no record of the log disposes of 2026-03");
  expect(decide("2026-04"), 10, "the log has no records of 2026-04, or that is not over");
  expect(decide("2016-01"), 10, "the log has no records of 2016-01, or that is not over");
  told.hold();
  server.serve(told.log);
  destroy();
  expect(mirror(), kExitKept, "O2: the hold case is open");
  expect(decide("2026-02"), 12, "the hold case is open, and keeps 2026-02 in this mirror");
  expect(
      run("mirror " + server.url() + " " + directory.file("mirror") + vkey() + "--forget 2026-02"),
      2, "--decided-by");
  expect(run("mirror " + server.url() + " " + directory.file("mirror") + vkey() +
             "--forget 2026-02 --decided-by ''"),
         10, "who decided is 1 to 256 bytes");
  EXPECT_TRUE(observations().forgotten.empty());
}

// A server that lies about which events went takes no others along.
TEST_F(OwnMirror, TakesTombstonesOfTheMonthsOwnRecordsAlone) {
  tell_honestly();
  copy();
  const std::string before = bundles();
  Files files = told.log.files();
  const std::set<std::size_t> all = all_events(told.log, told.log.records.size());
  ASSERT_GE(*all.rbegin(), told.february.end.value);
  bury(files, all, {MirrorStory::kMonth, 0, end_of_month_us(MirrorStory::kMonth), {}});
  for (const auto& [path, bytes] : files)
    if (path.starts_with("tile/entries")) server.replace(path, bytes);
  expect(mirror(), kExitGone, "forgotten here: 3 events of 2026-02 are gone");
  EXPECT_NE(bundles(), before);
  EXPECT_NE(bundles().find(text_of(told.log.records[*all.rbegin()])), std::string::npos);
}

// The first clock record of a log that is older says which records are of which month, and a server that
// lies takes no other ones along.
TEST_F(OwnMirror, LetsItsOwnerDecideAboutMonthsFromBeforeTheLogHadAClock) {
  LogBuilder log;
  log.register_source(ward());
  log.batch(ward(), 3);
  const std::size_t january = log.records.size();
  log.batch(ward(), 4);
  const std::uint64_t reading = MirrorStory::kBeginUs;
  log.control(format::Kind::kClock,
              format::clock_text({log.origin,
                                  0,
                                  reading,
                                  reading,
                                  0,
                                  std::nullopt,
                                  {{202'512, LeafIndex{0}}, {202'601, LeafIndex{january}}}}));
  server.serve(log);
  expect(mirror(), 0, "intact");
  Files files = log.files();
  const std::set<std::size_t> before = all_events(log, january);
  bury(files, all_events(log, log.records.size()), gone());
  for (const auto& [path, bytes] : files)
    if (path.starts_with("tile/entries")) server.replace(path, bytes);
  expect(decide("2026-02"), 10, "the log has no records of 2026-02, or that is not over");
  expect(decide("2026-01"), kExitGone, "forgotten here: 4 events of 2026-01 are gone");
  for (const std::size_t k : before)
    EXPECT_NE(bundles().find(text_of(log.records[k])), std::string::npos) << k;
}

TEST_F(OwnMirror, RefusesObservationsThatAreDamagedOrOfAnotherHistory) {
  tell_honestly();
  copy();
  const std::string good = directory.read("mirror/observations");
  std::string damaged = good;
  damaged[damaged.find("seen ") + 5] ^= 1;
  directory.write("mirror/observations", damaged);
  expect(mirror(), 10,
         "it is damaged: its sum is another: bring it back from a backup, or delete it");
  expect(check(), 10, "it is damaged");
  format::Observations other = format::parse_observations(good).value();
  other.sightings.back().root.bytes[7] ^= std::byte{1};
  directory.write("mirror/observations", format::observations_text(other));
  expect(mirror(), 13, "the observations of this mirror are of another history");
  other = format::parse_observations(good).value();
  other.first = told.ann.verifier;
  directory.write("mirror/observations", format::observations_text(other));
  expect(mirror(), 10, "is of another log, or of one with another first key");
  EXPECT_NE(bundles().find(R"({"n":)"), std::string::npos);
}

}  // namespace
}  // namespace varve::audit
