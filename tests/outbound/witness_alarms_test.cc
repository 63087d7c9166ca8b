// What a witness said against the log stays until a person has looked, and so does a file that cannot be read.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/access/journal_lines.h"
#include "witnessing.h"

namespace varve::api {
namespace {

namespace fs = std::filesystem;

struct WitnessAlarms : Witnessing {
  const std::string path = directory.path() + "/main+alarms";
  const std::string kept = directory.path() + "/main+witnessed";

  /// The first witness has seen more than there is, and is put right again. Another round begins, because it
  /// may have cosigned in the first one before.
  void raise() {
    const format::Checkpoint before = world.log->latest()->checkpoint;
    played[0]->stand_at(TreeSize{1'000}, {});
    grow();
    pass(3'600);
    until([&] { return !status(0).alarm.empty() && fs::exists(path); });
    played[0]->stand_at(before.size, before.root);
  }
};

TEST_F(WitnessAlarms, OutliveLaterCosignaturesAndRestartsUntilTheFileIsTakenAway) {
  start();
  raise();
  const std::string alarm = status(0).alarm;
  EXPECT_NE(alarm.find("has cosigned 1000 records"), std::string::npos);
  grow();
  pass(3'600);
  until_witnessed();
  EXPECT_EQ(status(0).trouble, "");
  EXPECT_EQ(status(0).alarm, alarm);
  const auto text = testing::bytes_in(path);
  const auto alarms = format::parse_alarms(text);
  ASSERT_TRUE(alarms) << alarms.error().message;
  ASSERT_EQ(alarms->size(), 1U);
  EXPECT_EQ(alarms->front().key, played[0]->cosigner.key());
  EXPECT_EQ(alarms->front().what, alarm);
  asker.reset();
  start();
  EXPECT_EQ(status(0).alarm, alarm);
  EXPECT_EQ(status(1).alarm, "");
  until_witnessed();
  asker.reset();
  EXPECT_EQ(testing::bytes_in(path), text);
  fs::remove(path);
  start();
  EXPECT_EQ(status(0).alarm, "");
}

// Whoever takes the witness out of the policy has not looked into what it said.
TEST_F(WitnessAlarms, StandForAWitnessThatThePolicyNamesNoMoreAndTheJournalSaysSoAtEachStart) {
  start();
  raise();
  const std::string alarm = status(0).alarm;
  const std::string vkey = format::format_cosigner_vkey(played[0]->cosigner.key());
  asker.reset();
  played.erase(played.begin());
  ask_for("group g 2 A B\nquorum g\n");
  JournalLines lines;
  start();
  const std::string line = lines.next();
  for (const std::string& part : {std::string("\"witness_alarm_stands\""), vkey, alarm})
    EXPECT_NE(line.find(part), std::string::npos) << line;
  until([&] { return status(0).cosigned == world.size() && status(1).cosigned == world.size(); });
  ASSERT_EQ(asker->status().witnesses.size(), 3U);
  EXPECT_EQ(status(2).name, vkey);
  EXPECT_EQ(status(2).alarm, alarm);
  EXPECT_EQ(status(2).trouble, "");
}

TEST_F(WitnessAlarms, AreWrittenOverNothingThatCannotBeRead) {
  std::ofstream(path) << "garbage\n";
  played[0]->stand_at(TreeSize{1'000}, {});
  start();
  EXPECT_NE(asker->status().trouble.find("its first line"), std::string::npos);
  until([&] { return !status(0).alarm.empty() && asker->status().size == world.size(); });
  asker->stop();
  EXPECT_EQ(testing::bytes_in(path), "garbage\n");
}

// A disk that fails for a while is no history of another log.
TEST_F(WitnessAlarms, AreNotRaisedForEverByAFileThatCouldNotBeReadForAWhile) {
  start();
  until_witnessed();
  const std::string note = *asker->newest();
  asker.reset();
  fs::remove(kept);
  fs::create_directory(kept);
  start();
  EXPECT_NE(asker->status().trouble, "");
  until([&] { return status(2).cosigned == world.size(); });
  EXPECT_EQ(asker->newest(), nullptr);
  fs::remove(kept);
  std::ofstream(kept) << note;
  grow();
  pass(3'600);
  until_witnessed();
  EXPECT_EQ(asker->status().trouble, "");
}

}  // namespace
}  // namespace varve::api
