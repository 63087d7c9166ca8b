// The keys that wrap data keys, on a real token: exchanged under a running server, destroyed with
// the month that they protect.
#include "kek.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "ledger/env/posix.h"
#include "ledger/format/json.h"
#include "ledger/store/month_keys.h"

namespace varve::system {
namespace {

namespace fs = std::filesystem;

TEST_F(Kek, IsExchangedUnderARunningServerAndTheOldOneIsNotMissed) {
  varve_.start();
  ASSERT_EQ(append_status("before"), 201);
  const std::string month = store_month();
  const Outcome rotated = kek("rotate", {"--month", month, "--json"});
  ASSERT_EQ(rotated.exit_code, 0) << rotated.output;
  EXPECT_EQ(rotated.output, "{\"label\":\"varve/main/" + month + ".2\",\"segments\":1}\n");
  EXPECT_EQ(append_status("after"), 201);
  const Outcome refused = kek("destroy", {"--month", month, "--superseded"});
  EXPECT_EQ(refused.exit_code, kExitInvalid) << refused.output;  // nobody confirmed
  const Outcome destroyed =
      kek("destroy", {"--month", month, "--superseded", "--yes", "varve/main/" + month});
  ASSERT_EQ(destroyed.exit_code, 0) << destroyed.output;
  EXPECT_EQ(kek("destroy", {"--month", month, "--superseded"}).exit_code, kExitNotFound);
  ASSERT_EQ(varve_.stop(), 0);
  EXPECT_EQ(audit().exit_code, 0) << "with the new key alone";
  varve_.start();
  EXPECT_EQ(get_status("/events/1"), 200);
  EXPECT_EQ(append_status("later"), 201);
  EXPECT_EQ(check().exit_code, 0);
  const Outcome list = kek("list", {"--json"});
  EXPECT_EQ(list.output, "{\"keys\":[{\"month\":\"" + month + "\",\"label\":\"varve/main/" + month +
                             ".2\",\"on_token\":true,\"segments\":2}]}\n");
}

// Whoever has the store, the token and its PIN destroys nothing that approvers did not let go.
TEST_F(Kek, IsNotDestroyedWithoutARecordThatDisposesOfItsMonth) {
  write_three_months(varve_);
  const Words january{"--month", "2026-01", "--yes", "varve/main/2026-01"};
  const Outcome refused = kek("destroy", january);
  EXPECT_EQ(refused.exit_code, kExitWorm) << refused.output;
  EXPECT_NE(refused.output.find("no record of the log disposes of 2026-01"), std::string::npos)
      << refused.output;
  expect_all_there();
  let_go(varve_);
  EXPECT_EQ(kek("destroy", january).exit_code, 0);
}

TEST_F(Kek, IsNotDestroyedUnderAServerNorBeforeItsMonthIsOverNorWithoutAName) {
  write_three_months(varve_);
  let_go(varve_);
  const Outcome no_name = kek("destroy", {"--month", "2026-01"});
  EXPECT_EQ(no_name.exit_code, kExitInvalid) << no_name.output;
  const Outcome wrong = kek("destroy", {"--month", "2026-01", "--yes", "varve/main/2026-02"});
  EXPECT_EQ(wrong.exit_code, kExitInvalid) << wrong.output;
  const Outcome dry = kek("destroy", {"--month", "2026-01", "--dry-run", "--json"});
  EXPECT_EQ(
      dry.output,
      "{\"month\":\"2026-01\",\"dry_run\":true,\"keys\":[\"varve/main/2026-01\"],\"segments\":1,"
      "\"records\":" +
          std::to_string(kJanuaryRecords) +
          ",\"keys_elsewhere\":[],\"yes\":\"varve/main/2026-01\"}\n");
  const Outcome newest = kek("destroy", {"--month", "2026-03", "--yes", "varve/main/2026-03"});
  EXPECT_EQ(newest.exit_code, kExitInvalid);
  EXPECT_NE(newest.output.find("whose own clock is in 2026-03"), std::string::npos)
      << newest.output;
  EXPECT_EQ(kek("destroy", {"--month", "2026-02", "--yes", "varve/main/2026-02"}).exit_code,
            kExitWorm);
  const std::string month = store_month();
  EXPECT_EQ(kek("destroy", {"--month", month, "--yes", "varve/main/" + month}).exit_code,
            kExitInvalid);
  expect_all_there();
  varve_.start();
  EXPECT_EQ(kek("destroy", {"--month", "2026-02", "--yes", "varve/main/2026-02"}).exit_code,
            kExitWorm);
}

// What a record disposes of, the server does not have to be asked for.
TEST_F(Kek, OfAMonthThatARecordDisposesOfIsDestroyedByTheServer) {
  write_three_months(varve_);
  let_go(varve_);
  varve_.start();
  while (kek("list").output.find("2026-01  yes") != std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  expect_january_gone(check());
  EXPECT_EQ(get_status(kJanuaryEvent), 410);
  EXPECT_EQ(get_status(kFebruaryEvent), 200);
  EXPECT_EQ(kek("destroy", {"--month", "2026-01"}).exit_code, kExitWorm) << "the server runs";
  ASSERT_EQ(varve_.stop(), 0);
  EXPECT_EQ(kek("destroy", {"--month", "2026-01"}).exit_code, kExitNotFound);
  const Outcome audited = audit();
  EXPECT_EQ(audited.exit_code, 0) << audited.output;
  EXPECT_NE(audited.output.find(gone_text(5)), std::string::npos) << audited.output;
}

// Keys are found by the prefix and records by the directory: a slip in one of the two must not take
// the key of a month whose hashes nobody has kept.
TEST_F(Kek, IsNotDestroyedWithTheDirectoryOfAnotherLogOrAnOldCopy) {
  for (const char* log : {"main", "other"}) {
    write_segments(varve_, log, {kJanuary, kFebruary, kMarch, kApril}, 5);
    let_go(varve_, log, kApril);
  }
  fs::create_directory(varve_.path("empty"));
  fs::create_directory(varve_.path("old"));
  fs::copy(varve_.path("data/main/segments"), varve_.path("old/segments"));
  run({"chattr", "-R", "-i", varve_.path("old")});
  for (const char* segment : {"00000001.seg", "00000002.seg", "00000003.seg"})
    fs::remove(varve_.path("old/segments/") + segment);
  const Words february{"--month", "2026-02", "--yes", "varve/main/2026-02"};
  for (const char* store : {"data/other", "empty", "old"}) {
    const Outcome refused = kek_at(store, "destroy", february);
    EXPECT_EQ(refused.exit_code, kExitInvalid) << store << ": " << refused.output;
  }
  Words superseded = february;
  superseded.emplace_back("--superseded");
  EXPECT_EQ(kek_at("empty", "destroy", superseded).exit_code, kExitNotFound) << "never rotated";
  EXPECT_EQ(kek_at("data/other", "rotate", {"--month", "2026-02"}).exit_code, kExitInvalid);
  expect_all_there();
  EXPECT_EQ(kek("destroy", february).exit_code, 0);
}

TEST_F(Kek, IsNotTakenForSupersededByAnOldCopyThatKnowsNoNewerOne) {
  write_three_months(varve_);
  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  fs::copy(varve_.path("data/main"), varve_.path("old"), fs::copy_options::recursive);
  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  const Words superseded{"--month", "2026-01", "--superseded", "--yes", "varve/main/2026-01"};
  const Outcome refused = kek_at("old", "destroy", superseded);
  EXPECT_EQ(refused.exit_code, kExitInvalid) << refused.output;
  EXPECT_EQ(kek("destroy", superseded).exit_code, 0);
  expect_all_there();
}

TEST_F(Kek, ThatNoSegmentNeedsGoesAsSupersededOnly) {
  write_three_months(varve_);
  ASSERT_EQ(kek("rotate", {"--month", "2025-12"}).exit_code, 0);
  const std::string month = store_month();
  ASSERT_EQ(kek("rotate", {"--month", month}).exit_code, 0);
  const Words december{"--month", "2025-12", "--yes", "varve/main/2025-12"};
  EXPECT_EQ(kek("destroy", december).exit_code, kExitInvalid);
  Words superseded = december;
  superseded.emplace_back("--superseded");
  EXPECT_EQ(kek("destroy", superseded).exit_code, 0);
  const Outcome now =
      kek("destroy", {"--month", month, "--superseded", "--yes", "varve/main/" + month});
  EXPECT_EQ(now.exit_code, kExitNotFound) << "a server may be about to use it: " << now.output;
  expect_all_there();
}

TEST_F(Kek, IsNotDestroyedWhileItsMonthGetsAnotherOne) {
  write_three_months(varve_);
  const auto files = env::open_posix(varve_.path("data/main"));
  {
    const auto rotating = store::lock_month_keys(**files);
    ASSERT_TRUE(rotating);
    EXPECT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, kExitWorm);
    EXPECT_EQ(kek("destroy", {"--month", "2026-01", "--yes", "varve/main/2026-01"}).exit_code,
              kExitWorm);
  }
  expect_all_there();
}

// Segments that the server opened since then are of the new key from the first.
TEST_F(Kek, IsSupersededAlsoWhenSegmentsWereOpenedSince) {
  varve_.start();
  ASSERT_EQ(append_status("before"), 201);
  const std::string month = store_month();
  ASSERT_EQ(kek("rotate", {"--month", month}).exit_code, 0);
  ASSERT_EQ(varve_.stop(), 0);
  varve_.start();
  ASSERT_EQ(append_status("after"), 201);
  const Outcome destroyed =
      kek("destroy", {"--month", month, "--superseded", "--yes", "varve/main/" + month});
  EXPECT_EQ(destroyed.exit_code, 0) << destroyed.output;
  ASSERT_EQ(varve_.stop(), 0);
  expect_all_there();
}

// As a rotation leaves it that did not see them.
TEST_F(Kek, IsNotSupersededWhileASegmentNeedsIt) {
  write_three_months(varve_);
  let_go(varve_);
  const auto files = env::open_posix(varve_.path("data/main"));
  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  auto keys = store::read_month_keys(**files, {202601});
  ASSERT_TRUE(keys && *keys);
  (*keys)->keys.clear();
  ASSERT_TRUE(store::replace_month_keys(**files, **keys));
  const Words superseded{"--month", "2026-01", "--superseded", "--yes", "varve/main/2026-01"};
  EXPECT_EQ(kek("destroy", superseded).exit_code, kExitInvalid);
  expect_all_there();
  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  EXPECT_EQ(kek("destroy", superseded).exit_code, 0);
  expect_all_there();
  const Outcome dry = kek("destroy", {"--month", "2026-01", "--dry-run"});
  EXPECT_NE(dry.output.find("still has varve/main/2026-01, which"), std::string::npos)
      << dry.output;
}

TEST_F(Kek, IsNotDestroyedWhenTheRemainsOfASegmentCannotBeKept) {
  write_three_months(varve_);
  let_go(varve_);
  const Words yes{"--month", "2026-01", "--yes", "varve/main/2026-01"};
  write_text(varve_.path("data/main/remains"), "where a folder should be");
  EXPECT_NE(kek("destroy", yes).exit_code, 0);
  fs::remove(varve_.path("data/main/remains"));
  expect_all_there();

  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  ASSERT_EQ(kek("destroy", {"--month", "2026-01", "--yes", "varve/main/2026-01", "--superseded"})
                .exit_code,
            0);
  fs::rename(varve_.path("data/main/data-keys/2026-01"), varve_.path("2026-01"));
  EXPECT_NE(kek("destroy", yes).exit_code, 0) << "its data key cannot be had";
  fs::rename(varve_.path("2026-01"), varve_.path("data/main/data-keys/2026-01"));
  expect_all_there();

  run({"chattr", "-R", "-i", varve_.path("data")});
  const std::string segment = varve_.path("data/main/segments/00000000.seg");
  const std::string whole = read_text(segment);
  fs::permissions(segment, fs::perms::owner_all);
  write_text(segment, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(kek("destroy", {"--month", "2026-01", "--dry-run"}).exit_code, kExitCorrupt);
  EXPECT_EQ(kek("destroy", yes).exit_code, kExitCorrupt) << "it is not sealed";
  write_text(segment, whole);
  expect_all_there();
}

// The token is put back from a backup. What was kept is not made again, unless it is damaged.
TEST_F(Kek, IsDestroyedAgainByWhatAnEarlierRunKept) {
  write_three_months(varve_);
  let_go(varve_);
  ASSERT_EQ(kek("rotate", {"--month", "2026-01"}).exit_code, 0);
  fs::copy(varve_.path("softhsm"), varve_.path("backup"), fs::copy_options::recursive);
  const Words yes{"--month", "2026-01", "--yes", "varve/main/2026-01"};
  const std::string remains = varve_.path("data/main/remains/00000000");
  ASSERT_EQ(kek("destroy", yes).exit_code, 0);
  const std::string kept = read_text(remains);
  EXPECT_EQ(
      kek("list", {"--json"}).output.find("\"month\":\"2026-01\",\"label\":\"varve/main/2026-01\""),
      std::string::npos)
      << "both keys of the month are gone";
  put_back_the_token("backup");
  ASSERT_EQ(kek("destroy", yes).exit_code, 0);
  EXPECT_EQ(read_text(remains), kept);
  put_back_the_token("backup");
  std::string damaged = kept;
  damaged[kept.size() / 2] ^= 1;
  write_text(remains, damaged);
  ASSERT_EQ(kek("destroy", yes).exit_code, 0);
  EXPECT_NE(audit().output.find(gone_text(5)), std::string::npos);
}

TEST_F(Kek, DestroyedTakesItsMonthAndNothingElse) {
  write_three_months(varve_);
  let_go(varve_);
  const Words yes{"--month", "2026-01", "--yes", "varve/main/2026-01"};
  const Outcome destroyed = kek("destroy", yes);
  ASSERT_EQ(destroyed.exit_code, 0) << destroyed.output;
  EXPECT_EQ(kek("destroy", yes).exit_code, kExitNotFound);
  const Outcome rotated = kek("rotate", {"--month", "2026-01"});
  EXPECT_EQ(rotated.exit_code, kExitWorm) << rotated.output;
  EXPECT_EQ(kek("list").output.find("2026-01  yes"), std::string::npos) << "no key is made again";
  const std::string what = gone_text(5) + ", and record ";

  const Outcome audited = audit();
  EXPECT_EQ(audited.exit_code, 0) << audited.output;
  EXPECT_NE(audited.output.find(what), std::string::npos) << audited.output;
  varve_.start();
  EXPECT_EQ(get_status("/events/0"), 200) << "the log's first key event";
  EXPECT_EQ(get_status(kJanuaryEvent), 410);
  EXPECT_EQ(get_status(std::string(kJanuaryEvent) + "/payload"), 410);
  EXPECT_EQ(get_status(kJanuaryProof), 200);
  EXPECT_EQ(get_status(kFebruaryEvent), 200);
  EXPECT_EQ(append_status("new"), 201);
  expect_january_gone(check());
  ASSERT_EQ(varve_.stop(), 0);
  for (const char* derived : {"tree", "leaves", "appends", "catalogue"})
    fs::remove_all(varve_.path(std::string("data/main/") + derived));
  varve_.start();
  EXPECT_EQ(get_status(kJanuaryEvent), 410);
  expect_january_gone(check());  // also when everything derived is made again
}

// The server is lost after its January was destroyed, and a mirror was made in between.
TEST_F(Kek, DestroyedStaysDestroyedInALogThatIsRestoredFromAMirror) {
  write_three_months(varve_);
  let_go(varve_);
  fs::copy(varve_.path("softhsm"), varve_.path("with-key"), fs::copy_options::recursive);
  ASSERT_EQ(kek("destroy", {"--month", "2026-01", "--yes", "varve/main/2026-01"}).exit_code, 0);
  fs::create_directory(varve_.path("marks"));
  varve_.start();
  ASSERT_EQ(varve_.stop(), 0);
  write_text(varve_.path("varved.toml"), read_text(varve_.path("varved.toml")) +
                                             "high_water_mark = \"" + varve_.path("marks") +
                                             "\"\n");
  varve_.start();
  expect_january_gone(run(varve_.mirror_words()));
  ASSERT_EQ(varve_.stop(), 0);
  fs::copy(varve_.path("softhsm"), varve_.path("without-key"), fs::copy_options::recursive);
  run({"chattr", "-R", "-i", varve_.path("data")});
  fs::rename(varve_.path("data/main"), varve_.path("data/lost"));

  // A record of the log disposes of it, so nobody has to name the month, also while a token has its key.
  put_back_the_token("with-key");
  const Outcome restored =
      run({Installation::program("varved"), "restore", "--config", varve_.path("varved.toml"),
           "--log", "main", "--from", varve_.path("mirror")},
          varve_.variables());
  ASSERT_EQ(restored.exit_code, 0) << restored.output;
  EXPECT_NE(restored.output.find("6 events of 2026-01 stay destroyed"), std::string::npos)
      << restored.output;
  EXPECT_EQ(audit().exit_code, 0);
  varve_.start();
  EXPECT_EQ(get_status(kJanuaryEvent), 410);
  EXPECT_EQ(get_status(kJanuaryProof), 200);
  EXPECT_EQ(get_status("/events/0"), 200);
  EXPECT_EQ(get_status(kFebruaryEvent), 200);
  EXPECT_EQ(append_status("new"), 201);
  expect_january_gone(check());
  expect_january_gone(run(varve_.mirror_words()));  // and the mirror goes on
  EXPECT_TRUE(wait_until([this] {
    return kek("list").output.find("2026-01  yes") == std::string::npos;
  })) << "the server destroys what came back";
}

}  // namespace
}  // namespace varve::system
