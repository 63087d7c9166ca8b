// varve-audit mirror: what it keeps was verified, it never moves back, and it survives being
// killed.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include <filesystem>
#include <thread>

#include "fake_server.h"
#include "temporary_directory.h"
#include "tests/directories.h"
#include "tests/verify/buried.h"
#include "tests/verify/good_log.h"

namespace varve::audit {

using namespace verify;

namespace {

namespace fs = std::filesystem;

const std::string kMirrorProgram = built_file("tools/audit/varve-audit");

struct Mirroring : ::testing::Test {
  TemporaryDirectory directory;
  LogBuilder log = good_log();
  FakeServer server;
  std::string mirror = directory.file("mirror");

  Mirroring() { server.serve(log); }

  [[nodiscard]] std::vector<std::string> command(const std::string& verb) const {
    const bool mirrors = verb.ends_with("mirror");
    std::vector<std::string> words{kMirrorProgram};
    if (verb.starts_with("--json ")) words.emplace_back("--json");
    words.emplace_back(mirrors ? "mirror" : "check");
    words.push_back(mirrors ? server.url() : mirror);
    if (mirrors) words.push_back(mirror);
    words.insert(words.end(), {"--vkey", format::format_vkey(log.first.verifier)});
    return words;
  }
  /// Runs it; it has to end like this, and to say this.
  void expect(const std::string& verb, int exit, const std::string& text) const {
    std::string line;
    for (const std::string& word : command(verb)) line += word + " ";
    FILE* pipe = ::popen((line + "2>&1").c_str(), "r");
    std::string said;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) said.push_back(static_cast<char>(c));
    EXPECT_EQ(WEXITSTATUS(::pclose(pipe)), exit) << said;
    EXPECT_NE(said.find(text), std::string::npos) << said;
  }
  void grow(std::uint32_t records) {
    log.server_batch(records);
    server.serve(log);
  }
  /// The server says from now on that these records of the first bundle are gone.
  void bury_at_server(const std::set<std::size_t>& records,
                      const format::Tombstone& says = gone()) {
    Files files = log.files();
    bury(files, records, says);
    for (const auto& [path, bytes] : files)
      if (path.starts_with("tile/entries/000")) server.replace(path, bytes);
  }
  [[nodiscard]] std::string checkpoint() const { return directory.read("mirror/checkpoint"); }
};

TEST_F(Mirroring, FollowsTheLogAndFetchesOnlyWhatIsNew) {
  expect("mirror", 0, "mirrored: 2 files were new; intact: 35 records");
  expect("check", 0, "intact: 35 records");
  grow(600);
  expect("mirror", 0, "intact: " + std::to_string(log.records.size()));
  expect("check", 0, "intact: " + std::to_string(log.records.size()));
  EXPECT_FALSE(fs::exists(mirror + "/tile/entries/000.p/35"));
  expect("mirror", 0, "mirrored: 0 files were new");
}

TEST_F(Mirroring, OfALogThatWasCutOrForkedKeepsWhatItHasAndTheEvidence) {
  grow(300);
  expect("mirror", 0, "mirrored");
  const std::string kept = checkpoint();
  server.serve(good_log());
  expect("mirror", 13, "it was cut");
  LogBuilder other = good_log();
  other.server_batch(400);
  server.serve(other);
  expect("mirror", 13, "corrupt");
  EXPECT_EQ(checkpoint(), kept);
  expect("check", 0, "intact: " + std::to_string(log.records.size()));
  const auto is_evidence = [](const fs::directory_entry& entry) {
    return entry.path().filename().string().find(".conflict-") != std::string::npos;
  };
  EXPECT_TRUE(std::any_of(fs::directory_iterator(mirror), {}, is_evidence));
  server.serve(log);
  expect("mirror", 0, "intact");
}

TEST_F(Mirroring, TakesNoRecordThatWasNotSignedAndFetchesItAgain) {
  expect("mirror", 0, "mirrored");
  const std::string kept = checkpoint();
  grow(500);
  Buffer bad = log.files().at("tile/entries/001");
  bad[100] ^= std::byte{1};
  server.replace("tile/entries/001", bad);
  expect("mirror", 13, "corrupt: record");
  EXPECT_EQ(checkpoint(), kept);
  expect("check", 0, "intact: 35 records");
  server.serve(log);
  expect("mirror", 0, "intact: " + std::to_string(log.records.size()));
  expect("check", 0, "intact: " + std::to_string(log.records.size()));
}

// The bundle at the end of the log is fetched again as it grows. What was in it stays in the
// mirror, and is reported; what came later is gone and is reported too. docs/ERRORS.md has the exit code.
TEST_F(Mirroring, KeepsTheEventsThatTheServerHasTombstonesForByNow) {
  expect("mirror", 0, "mirrored");
  const std::size_t had = all_events(log, log.records.size()).size();
  grow(5);
  bury_at_server(all_events(log, log.records.size()));
  const std::string of_month =
      " events of 2026-01 are gone: its key is said to be destroyed on 2026-02-01";
  expect("mirror", 18, "kept here: " + std::to_string(had) + of_month);
  expect("check", 18, "intact, but 5 events are gone: 41 records");
  expect("check", 18, "\n5" + of_month);
  expect("--json check", 18, R"("result":"events gone")");
  expect("--json check", 18,
         R"("unreadable":5,"destroyed":[{"month":"2026-01","events":5,"destroyed":"2026-02-01)");
  EXPECT_NE(directory.read("mirror/tile/entries/000.p/41").find(R"({"n":5})"), std::string::npos);
  expect("mirror", 18, "mirrored: 0 files were new; intact, but 5 events are gone");
}

TEST_F(Mirroring, TellsOfKeptEventsInItsJsonToo) {
  expect("mirror", 0, "mirrored");
  grow(1);
  bury_at_server({5, 6, 7});
  expect("--json mirror", 18, R"("kept":[{"month":"2026-01","events":)");
}

TEST_F(Mirroring, TakesNoTombstoneThatCannotBeTrueForAnEventThatItHas) {
  expect("mirror", 0, "mirrored");
  const std::string kept = checkpoint();
  grow(5);
  const std::set<std::size_t> events = all_events(log, 35);
  bury_at_server(events, {0, 0, kNowUs, {}});
  const std::string named = "corrupt: record " + std::to_string(*events.begin()) + ": tombstone: ";
  for (int twice = 0; twice < 2; ++twice) expect("mirror", 13, named);
  EXPECT_EQ(checkpoint(), kept);
  expect("check", 0, "intact: 35 records");
  server.serve(log);
  expect("mirror", 0, "intact: 41 records");
}

// docs/operating/recovery.md: who deletes a mirror's bundles gets what the server has now, which is audited from
// record 0.
TEST_F(Mirroring, AuditsWhatItFetchesAgain) {
  expect("mirror", 0, "mirrored");
  for (const bool grown : {false, true}) {
    fs::remove_all(mirror + "/tile/entries");
    if (grown) grow(2);
    bury_at_server(all_events(log, log.records.size()), {0, 0, kNowUs, {}});
    expect("mirror", 13, "tombstone: it names the month 0");
    bury_at_server(all_events(log, log.records.size()));
    expect("mirror", 18, "events are gone: " + std::to_string(log.records.size()) + " records");
    expect("check", 18, "events are gone");
  }
}

// Killed at any moment: the checkpoint that is there is of records that are there, and the next run
// ends what this one began.
TEST_F(Mirroring, SurvivesBeingKilledAtAnyMoment) {
  expect("mirror", 0, "mirrored");
  for (int round = 0; round < 12; ++round) {
    grow(400);
    std::vector<std::string> words = command("mirror");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    ASSERT_EQ(::posix_spawn(&child, words[0].c_str(), nullptr, nullptr, arguments.data(), environ),
              0);
    const int before = server.requests();
    const int wanted = round % 6;  // the moment is a request of this run, then some of its own time
    for (int tries = 0; tries < 2'000 && server.requests() < before + wanted; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    expect("check", 0, "intact");
  }
  expect("mirror", 0, "intact: " + std::to_string(log.records.size()));
  expect("check", 0, "intact: " + std::to_string(log.records.size()));
}

}  // namespace
}  // namespace varve::audit
