// Evidence that a machine gives with nobody there: clocks that are wrong alike, and files that fail or are another's.
#include "api/outbound/time_evidence.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "time_stamping.h"

namespace varve::api {
namespace {

using Kind = format::Kind;

struct Unattended : TimeStamping {
  void expect_no_evidence_from(TreeSize first) {
    until_it_rests();
    EXPECT_EQ(asker->status().recorded, 0u);
    EXPECT_EQ(std::ranges::count(kinds_from(first), Kind::kTimestamp), 0);
  }
  [[nodiscard]] std::string path() const { return directory.path() + "/main+stamped"; }
};

// A machine and an authority that follow one wrong clock agree with each other.
TEST_F(Unattended, ClocksThatAreAheadAlikeMakeNothingDue) {
  run_for(31);
  const TreeSize before = world.size();
  set_alike(static_cast<std::int64_t>(6 * kDay_s));
  start();
  until_troubled("ahead of what the log knows");
  EXPECT_FALSE(authority().clock_is_off);
  EXPECT_FALSE(asker->status().evidence_waits);
  expect_no_evidence_from(before);
  expect_sound();
}

TEST_F(Unattended, ClocksThatAreBehindAlikeMakeNothingOlder) {
  run_for(31);
  const TreeSize before = world.size();
  set_alike(-static_cast<std::int64_t>(2 * kDay_s));
  start();
  until_troubled("behind the log's own; a person has to look");
  expect_no_evidence_from(before);
  asker.reset();
  const auto seconds = static_cast<std::int64_t>(env::posix_clock().now_us() / 1'000'000);
  set_alike(1'199'145'600 - seconds);  // 2008
  start();
  until_troubled("before 2026; a person has to look");
  expect_no_evidence_from(before);
}

TEST_F(Unattended, AClockThatIsSetWhileTheServerRunsMeansNoEvidenceForADay) {
  run_for(31);
  start();
  until([&] { return asker->status().recorded == 1; });
  set_alike(61);
  until_it_rests();
  grow();
  pass(kDay_s - 30);
  until_troubled("this machine's clock was set by");
  EXPECT_EQ(asker->status().recorded, 1u);
  pass(kDay_s);
  until([&] { return asker->status().recorded == 2; });
  EXPECT_EQ(evidence_trouble(), "");
}

TEST_F(Unattended, EvidenceFromTheFutureIsSaid) {
  run_for(31);
  set_alike(static_cast<std::int64_t>(3 * kDay_s));
  start();
  until([&] { return asker->status().recorded == 1; });
  grow();  // where it begins a month, the next segment's clock record carries it
  until([&] { return asker->status().evidence_us != 0; });
  EXPECT_GT(asker->status().evidence_us, env::posix_clock().now_us() + 2 * kDay_us);
  asker.reset();
  set_alike(0);
  start();
  until_troubled("ahead of the sources' clocks: it was false");
  EXPECT_FALSE(asker->status().evidence_waits);
}

TEST_F(Unattended, AFileThatCannotBeWrittenIsTriedAgainAndSaid) {
  run_for(31);
  namespace fs = std::filesystem;
  fs::create_directories(path() + ".tmp/in the way");
  start();
  until([&] { return asker->status().trouble.find("cannot be kept now") != std::string::npos; });
  EXPECT_EQ(asker->status().trouble.find(directory.path()), std::string::npos);
  EXPECT_EQ(asker->newest(), nullptr);
  fs::remove_all(path() + ".tmp");
  until([&] { return asker->newest() != nullptr; });
  EXPECT_EQ(testing::bytes_in(path()), *asker->newest());
  until([&] { return asker->status().trouble.empty(); });
}

TEST_F(Unattended, AFileThatCannotBeReadAtTheStartIsReadLater) {
  run_for(31);
  start();
  until([&] { return asker->newest() != nullptr; });
  const std::string kept = *asker->newest();
  asker.reset();
  played[0]->play(http_answer("", "503 No"));
  namespace fs = std::filesystem;
  fs::rename(path(), path() + ".away");
  fs::create_directory(path());
  start();
  EXPECT_NE(asker->status().trouble.find("cannot be read now"), std::string::npos);
  EXPECT_EQ(asker->status().trouble.find(directory.path()), std::string::npos);
  fs::remove(path());
  fs::rename(path() + ".away", path());
  pass(60);
  until([&] { return asker->newest() != nullptr; });
  EXPECT_EQ(*asker->newest(), kept);
  until([&] { return asker->status().trouble.empty(); });
}

// What another server has kept of a longer log is not put back.
TEST_F(Unattended, AFileOfMoreRecordsIsNotReplaced) {
  run_for(31);
  start();
  until([&] { return asker->status().recorded == 1; });
  const format::Checkpoint tree{world.options.origin, TreeSize{1'000}, {}};
  const std::string longer = format::stamped_checkpoint_text(
      {tree, {played[0]->engine.token(format::checkpoint_text(tree))}});
  std::ofstream(path(), std::ios::trunc) << longer;
  grow();
  pass_an_hour();
  until([&] { return asker->status().trouble.find("another server") != std::string::npos; });
  EXPECT_EQ(testing::bytes_in(path()), longer);
}

TEST_F(Unattended, AServerBesideAnotherOneAsksNobodyAndKeepsNothing) {
  run_for(31);
  start();
  until([&] { return asker->status().recorded == 1; });
  const int queries = played[0]->queries;
  const std::string kept = testing::bytes_in(path());
  grow();
  std::filesystem::remove(world.directory + "/lock");
  pass_an_hour();
  until([&] { return !asker->status().trouble.empty(); });
  until_it_rests();
  EXPECT_EQ(played[0]->queries, queries);
  EXPECT_EQ(testing::bytes_in(path()), kept);
}

}  // namespace
}  // namespace varve::api
