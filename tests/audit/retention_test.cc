// varve-audit retention: what it says until when a log keeps what, it says by its own judgement of the
// records, and of a log that is not intact it says nothing of the kind.
#include <gtest/gtest.h>

#include "fake_server.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/buried.h"
#include "tests/verify/let_go.h"

namespace varve::audit {

using namespace verify;

namespace {

struct RetentionCommand : ::testing::Test {
  LetGo told;
  FakeServer server;
  std::string vkey;

  void serve(const LogBuilder& log) {
    server.serve(log);
    vkey = " --vkey " + format::format_vkey(log.first.verifier);
  }
  [[nodiscard]] Ran ask(const std::string& record, const std::string& before = "") const {
    return run(before + "retention " + server.url() + " " + record + vkey);
  }
};

TEST_F(RetentionCommand, PrintsTheCalendarOfAnAuditedLog) {
  const LogBuilder log = told.log();
  serve(log);
  const Ran ran = ask("");
  const std::string disposal = std::to_string(told.disposal_at);
  expect(ran, 0, "kept for 30 days by record 1; notice 7 days; approvals: 2 of 2 approvers\n");
  expect(ran, 0, "\n2026-11 ");
  expect(ran, 0,
         "destroyed  by record " + disposal +
             "; no token has its key, says the server; none of its events is gone here\n");
  expect(ran, 0, "\n2026-12 ");
  expect(ran, 0, " records  kept       not before 2027-02-1");
  expect(ran, 0, " records  running    not before 2027-02-");
  expect(ran, 0, "The server's word alone: ");
  const Ran json = ask("", "--json ");
  expect(json, 0, R"("state":"destroyed","disposal":)" + disposal + R"(,"kept_by":[],"held_by":0)");
  expect(json, 0, R"("servers_word":["time","running","newest","keys"])");
}

TEST_F(RetentionCommand, SaysOfARecordWhenItGoesAndWhatThatTakes) {
  const LogBuilder log = told.log();
  serve(log);
  const std::size_t event = log.records.size() - 2;  // its seal is the last
  const Ran ran = ask(std::to_string(event));
  expect(ran, 0, " goes with its month 2027-01, which is running: not before 2027-02-");
  expect(ran, 0, "\nit came 2027-01-18T");
  expect(ran, 0,
         "; by the rules it is 0 days old\nit takes a notice, which has to be 7 days old\n");
  expect(ran, 0, "\nit takes the approval of 2 approvers; the log has 2\n");
  expect(ask(std::to_string(event + 1)), 0, " is kept for as long as the log: ");
  const std::string gone = std::to_string(*all_events(log, told.notice_at).begin());
  expect(ask(gone, "--json "), 0, R"("takes":[],"months":[{"month":"2026-11")");
  EXPECT_EQ(ask("5", "--json ").text.find("takes"), std::string::npos) << "it is a control record";
  expect(ask(std::to_string(log.records.size())), 11, "records, numbered from 0");
  EXPECT_EQ(ask("1.5").exit, 2);
}

TEST_F(RetentionCommand, NamesTheHoldThatKeepsAMonthAndTheLackOfApprovers) {
  LogBuilder log = told.log();
  format::Hold hold{log.origin, format::HoldAction::kPlace, "2028-cv-117", {}};
  log.control(format::Kind::kHold,
              sign_note(format::hold_note_text(hold, format::Mode::kLocked), {log.first}));
  serve(log);
  expect(ask(""), 0, ", held by 2028-cv-117\n");
  expect(ask("", "--json "), 0, R"("kept_by":["hold"],"held_by":1,"holds":["2028-cv-117"])");
  serve(good_log());
  expect(ask(""), 0, "kept for 2192 days, as every log without a policy record; notice 7 days");
  expect(ask("3"), 11, "the log has no clock record");
}

// Lawfully or not: what is gone is said to be gone, and of what no record let go there is no date.
TEST_F(RetentionCommand, TellsWhatIsGoneByWhichRecordOrThatItIsLost) {
  const LogBuilder log = told.log();
  const auto serve_without = [&](std::uint32_t month, std::set<std::size_t> events) {
    serve(log);
    Files files = log.files();
    bury(files, events, {month, 0, end_of_month_us(month), {}});
    for (const auto& [path, bytes] : files)
      if (path.starts_with("tile/entries")) server.replace(path, bytes);
  };
  std::set<std::size_t> lawful = all_events(log, told.notice_at);
  const std::size_t last = *lawful.rbegin();  // of December, in a batch of its own
  lawful.erase(last);
  ASSERT_EQ(lawful.size(), 3u);
  const std::string event = std::to_string(*lawful.begin());
  serve_without(kLetGoMonth, lawful);
  const std::string count = std::to_string(lawful.size());
  expect(ask(event), 18, "intact, but " + count + " events are gone: ");
  expect(ask(event), 18,
         " is gone with its month 2026-11, which is destroyed: by record " +
             std::to_string(told.disposal_at) + "; no token has its key, says the server\n");
  expect(ask(event, "--json "), 18, R"("fate":"gone")");

  serve_without(kLetGoMonth + 1, {last});
  expect(ask(""), 18, "1 events are gone, and no record disposes of them\n");
  expect(ask(std::to_string(last), "--json "), 18, R"({"result":"events gone")");
}

// Once an audit is saved, its tiles are not asked for again, and the bundle of one record is.
TEST_F(RetentionCommand, BelievesNoTombstoneThatTheAuditDidNotMeet) {
  const LogBuilder log = told.log();
  const TemporaryDirectory directory;
  const std::string state = directory.file("state");
  ASSERT_EQ(run_command("mkdir " + state).exit, 0);
  serve(log);
  expect(run("retention " + server.url() + " --state " + state + vkey), 0, "kept for");
  Files files = log.files();
  bury(files, {told.disposal_at}, {kLetGoMonth, 0, end_of_month_us(kLetGoMonth), {}});
  for (const auto& [path, bytes] : files)
    if (path.starts_with("tile/entries")) server.replace(path, bytes);
  expect(run("retention " + server.url() + " " + std::to_string(told.disposal_at) + " --state " +
             state + vkey),
         13, "tombstone");
}

// The server's own answer is not asked: a log that breaks a rule is named, and no date is.
TEST_F(RetentionCommand, SaysNothingOfALogThatLetAMonthGoEarly) {
  told.later_days = 55;  // the notice is too young
  serve(told.log());
  const Ran ran = ask("");
  expect(ran, 13, "R26: the notice is too young");
  EXPECT_EQ(ran.text.find("kept for"), std::string::npos) << ran.text;
  for (const std::string& path : server.take_paths())
    EXPECT_EQ(path.find("retention"), std::string::npos) << path;
}

TEST_F(RetentionCommand, ReadsAnExportAndGoesOnFromAnEarlierAudit) {
  const TemporaryDirectory directory;
  serve(told.log());
  const std::string copy = directory.file("export");
  const std::string state = directory.file("state");
  expect(run("fetch " + server.url() + " " + copy + vkey), 0, "");
  ASSERT_EQ(run_command("mkdir " + state).exit, 0);
  for (int time = 0; time < 2; ++time)
    expect(run("retention " + copy + " 5 --state " + state + vkey), 0, "\nrecord 5 ");
}

}  // namespace
}  // namespace varve::audit
