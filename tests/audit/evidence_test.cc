// varve-audit search --evidence, verify of it, and index, as people run them.
#include <gtest/gtest.h>

#include <fstream>

#include "fake_server.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/evidence/indexed_log.h"

namespace varve::audit {
namespace {

/// A log of a month, whose first four events are in an index; the fifth is in none.
struct EvidenceCommand : ::testing::Test {
  evidence::IndexedLog made{evidence::IndexedLog::Begins::kWithItsMonth};
  FakeServer server;
  TemporaryDirectory directory;
  std::string patients = directory.file("patients");
  std::string file = directory.file("evidence");
  std::string vkey = " --vkey " + format::format_vkey(made.log.first.verifier);

  EvidenceCommand() {
    made.event(evidence::payload_of({"7"}));
    made.event(evidence::payload_of({"8"}));
    made.event(evidence::payload_of({"7", "8"}));
    made.event(evidence::payload_of({}));
    made.commit();
    made.event(evidence::payload_of({"7"}));
    server.serve(made.log);
    std::ofstream(patients) << "Patient/7\n";
  }
  [[nodiscard]] Ran ask(const std::string& command, const std::string& options = "") const {
    return run(command + " " + server.url() + vkey + " " + options);
  }
  [[nodiscard]] std::string with_file() const {
    return "--patient-file " + patients + " --evidence " + file;
  }
};

TEST_F(EvidenceCommand, IsMadeWithTheAnswerAndVerifiedOffline) {
  const Ran asked = ask("search", with_file());
  expect(asked, 0, "patient, one value: 3 events answer\n");
  expect(asked, 0,
         "evidence of 2 of these events was written (1 are in no index that can be opened)");
  const Ran offline = run("verify " + file + vkey);
  expect(offline, 0, "verified: patient \"Patient/7\": 2 events answer in audit.example.org/ward");
  expect(offline, 0, "complete for records 0 to ");
  expect(offline, 0, "under 1 index that the log committed to");
  expect(offline, 0, "may answer, for more is in it than was understood: 1 record: ");
  expect(offline, 0, "\nnothing is said of what is in no index here: records ");
  expect(run("--json verify " + file + vkey), 0, R"("asked":{"patient":["Patient/7"]})");
}

// Whoever is given the file alone must not take a trial for the real thing.
TEST_F(EvidenceCommand, OfADraftSaysSo) {
  expect(ask("search", with_file()), 0, "was written");
  const Ran locked = run("--json verify " + file + vkey);
  expect(locked, 0, R"("result":"verified")");
  EXPECT_EQ(locked.text.find("mode"), std::string::npos) << "nothing here shows that it is locked";
  evidence::IndexedLog draft(evidence::IndexedLog::Begins::kAsADraft);
  draft.event(evidence::payload_of({"7"}));
  draft.commit();
  const auto answer = draft.answer(evidence::asked("patient", {"Patient/7"}));
  ASSERT_TRUE(answer) << answer.error().message;
  std::ofstream(file) << format::format_evidence(*answer);
  expect(run("verify " + file + vkey), 0, "\na draft log, for trying");
  expect(run("--json verify " + file + vkey), 0, R"("mode":"draft")");
}

TEST_F(EvidenceCommand, SaysWhatItCannotAnswer) {
  expect(ask("search", "--object x --evidence " + file), 10, "indexes have no rows of object");
  expect(ask("search", "--emergency --evidence " + file), 10,
         "leave --emergency or --evidence out");
  expect(ask("search", "--evidence " + file), 10, "nothing is asked");
  expect(ask("search", "--actor '' --evidence " + file), 10, "an empty actor is in no event");
}

TEST_F(EvidenceCommand, OfALogWithoutAnIndexIsNotMade) {
  evidence::IndexedLog without(evidence::IndexedLog::Begins::kWithItsMonth);
  without.event(evidence::payload_of({"7"}));
  server.serve(without.log);
  expect(ask("search", with_file()), 11, "the log has no index");
}

TEST_F(EvidenceCommand, ThatSomebodyChangedIsRefused) {
  expect(ask("search", with_file()), 0, "was written");
  std::string text = directory.read("evidence");
  text.replace(text.find("\nevent "), 1, "\nno event\n");
  std::ofstream(file) << text;
  expect(run("verify " + file + vkey), 10, "not evidence");
}

TEST_F(EvidenceCommand, IndexesAreMadeAgainAndCompared) {
  expect(ask("index"), 0,
         "intact: 1 index says what the records say; the newest ends before record ");
  made.event(evidence::payload_of({"9"}));
  format::IndexCommitment lie = made.made().commitment();
  lie.root = merkle::sha256(bytes_of("another"));
  made.commit(lie);
  server.serve(made.log);
  expect(ask("check"), 0, "intact");
  expect(ask("index"), 13, "is another than the one that its records make");
  expect(ask("search", with_file()), 13, "is another than the one that its records make");
}

// By the rules that the log itself keeps: whoever appends such a record breaks the log.
TEST_F(EvidenceCommand, AnIndexOutOfItsPlaceIsAFindingOfEveryAudit) {
  const format::IndexCommitment good = made.made().commitment();
  std::vector<std::pair<std::string, format::IndexCommitment>> lies(5, {"", good});
  lies[0] = {"it is index 7, expected 1", good}, lies[0].second.number = 7;
  lies[1] = {"and the one before it ends at", good}, --lies[1].second.first.value;
  lies[2] = {"records that are not before it", good}, lies[2].second.end.value += 9;
  lies[3] = {"not all of the month that it names", good}, ++lies[3].second.month;
  lies[4] = {"the index is of the log", good}, lies[4].second.origin = "audit.example.org/other";
  for (const auto& [why, lie] : lies) {
    evidence::IndexedLog log = made;
    log.commit(lie);
    server.serve(log.log);
    expect(ask("check"), 13, "index commitment: ");
    expect(ask("check"), 13, why);
  }
}

}  // namespace
}  // namespace varve::audit
