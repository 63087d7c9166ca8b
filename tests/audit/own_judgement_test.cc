// A mirror judges for itself whether a month goes: varve-audit beside a log that disposes of it, told
// by an honest server and by a thief.
#include "own_mirror.h"

namespace varve::audit {

using namespace verify;

namespace {

TEST_F(OwnMirror, LetsAMonthGoWithItsLogAndSaysByWhichRecord) {
  tell_honestly();
  copy();
  const std::string record = std::to_string(told.disposal_at);
  expect(mirror(), 0, "2026-02 goes from this mirror once the server has done so");
  destroy();
  EXPECT_EQ(places_that_confirm_a_guess(), 4U) << "the payloads";
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
  EXPECT_EQ(places_that_confirm_a_guess(), 0U);
  expect_every_trace_to_be_found();
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
                "; O2: the release of the hold case was approved by 0 approver(s)",
                "; O3: the notice this mirror first saw on ",
                "; O4: the disposal was approved by 0 approver(s)",
                "; time alone does not change that: somebody has to look"});
  expect(mirror("--json"), kExitKept,
         R"("keeps":[{"month":"2026-02","disposal":)" + std::to_string(told.disposal_at) +
             R"(,"because":[{"rule":"O1","why":"its last record)");
}

// A mirror that keeps a month goes on with what is new.
TEST_F(OwnMirror, GoesOnBesideAMonthThatItKeeps) {
  tell_as_a_thief();
  copy();
  destroy();
  expect(mirror(), kExitKept, "O4");
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
  expect_keeps({"O1: ", "O4: "});
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

// What no record disposes of is lost at the server: nobody decides about that here.
TEST_F(OwnMirror, RefusesADecisionAboutWhatIsLostOrThatNobodySigns) {
  tell_honestly();
  copy();
  destroy();
  expect(decide("2026-03"), 10, "no record of the log disposes of 2026-03");
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

TEST_F(OwnMirror, GoesOnAndKeepsEverythingWhileItsObservationsAreDamagedOrOfAnotherLog) {
  tell_honestly();
  copy();
  const format::Observations good = observations();
  std::string damaged = directory.read("mirror/observations");
  damaged[damaged.find("seen ") + 5] ^= 1;
  format::Observations other = good;
  other.first = told.ann.verifier;
  for (const auto& [text, why] :
       {std::pair(damaged, "it is damaged: its sum is another: bring the file back from a backup"),
        std::pair(format::observations_text(other), "is of another log, or of one with another")}) {
    directory.write("mirror/observations", text);
    told.log.batch(ward(), 3);
    server.serve(told.log);
    destroy();
    for (const Ran& ran : {mirror(), check()}) {
      expect(ran, kExitKept, "intact: " + std::to_string(told.log.records.size()) + " records");
      expect(ran, kExitKept, "this mirror keeps everything, and judges nothing: ");
      expect(ran, kExitKept, why);
    }
    expect(check("--json"), kExitKept, R"(,"observations":")");
    expect(decide("2026-02"), 10, why);
    EXPECT_EQ(places_that_confirm_a_guess(), 4u);
    EXPECT_EQ(directory.read("mirror/observations"), text) << "nobody writes over it";
  }
  directory.write("mirror/observations", format::observations_text(good));
  expect(mirror(), kExitGone, "forgotten here: 4 events of 2026-02 are gone");
}

TEST_F(OwnMirror, RefusesObservationsOfAnotherHistory) {
  tell_honestly();
  copy();
  format::Observations other = observations();
  other.sightings.back().root.bytes[7] ^= std::byte{1};
  directory.write("mirror/observations", format::observations_text(other));
  expect(mirror(), 13, "the observations of this mirror are of another history");
  expect(check(), 13, "the observations of this mirror are of another history");
}

// A run writes its observations behind its checkpoint: whoever checks meanwhile, or has an older copy of
// the records, sees no lie.
TEST_F(OwnMirror, IsIntactBesideObservationsThatAreNewer) {
  tell_honestly();
  copy();
  const auto older = told.log;
  told.log.batch(ward(), 3);
  server.serve(told.log);
  expect(mirror(), 0, "files were new");
  const std::string newer = directory.read("mirror/observations");
  fs::remove_all(directory.file("mirror"));
  server.serve(older);
  expect(mirror(), kExitKept, "this mirror observes the log from now on");
  directory.write("mirror/observations", newer);
  expect(check(), 0, "the mirror's observations are newer than these records");
  expect(mirror(), 13, "the log was cut, or its observations are those of another mirror");
}

}  // namespace
}  // namespace varve::audit
