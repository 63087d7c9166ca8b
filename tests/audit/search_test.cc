// varve-audit search, report and disclosures as a person runs them: complete answers of a log that is intact,
// none of one that is not, and nobody's name in an argument.
#include <gtest/gtest.h>

#include <fstream>

#include "fake_server.h"
#include "ledger/base/text.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tests/verify/log_builder.h"

namespace varve::audit {

using namespace verify;

namespace {

std::string event_text(const std::string& action, const std::string& patient,
                       const std::string& recorded, const std::string& more = "") {
  return R"({"resourceType":"AuditEvent","action":")" + action + R"(","recorded":")" + recorded +
         R"(","outcome":"0","agent":[{"who":{"identifier":{"system":"urn:x","value":"alice"}},)"
         R"("requestor":true}],"entity":[{"role":{"system":)"
         R"("http://terminology.hl7.org/CodeSystem/object-role","code":"1"},)"
         R"("what":{"reference":")" +
         patient + R"("}}])" + more + "}";
}

const std::string kDisclosed =
    R"(,"type":{"system":"http://dicom.nema.org/resources/ontology/DCM","code":"110106"})"
    R"(,"purposeOfEvent":[{"coding":[{"system":)"
    R"("http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HMARKT","display":"marketing"}]}])";

constexpr std::uint64_t kRecordsUs = 1'780'272'000'000'000;  // 2026-06-01

struct SearchCommand : ::testing::Test {
  LogBuilder log;
  FakeServer server;
  TemporaryDirectory directory;
  std::string patients = directory.path() + "/patients";
  std::string vkey = " --vkey " + format::format_vkey(log.first.verifier);

  SearchCommand() {
    const SigningKey source = SigningKey::make("ward/ehr", "ehr");
    log.events_us = kRecordsUs;
    log.register_source(source);
    log.batch_of(source, {event_text("R", "Patient/1", "2026-03-01T08:00:00Z"),
                          event_text("R", "Patient/2", "2026-03-02T08:00:00Z"),
                          event_text("U", "Patient/1", "2026-04-01T08:00:00Z"), "no event at all",
                          event_text("R", "Patient/1", "2026-05-01T08:00:00Z", kDisclosed)});
    server.serve(log);
    write("Patient/1\n");
  }
  void write(const std::string& text) const { std::ofstream(patients) << text; }
  [[nodiscard]] Ran ask(const std::string& command, const std::string& options = "",
                        const std::string& before = "") const {
    return run(before + command + " " + server.url() + vkey + " " + options);
  }
};

TEST_F(SearchCommand, ListsTheEventsOfAPatientAndWhatItCouldNotRead) {
  const Ran ran = ask("search", "--patient-file " + patients);
  expect(ran, 0, "intact: 8 records of audit.example.org/ward, root ");
  expect(ran, 0, "\npatient, one value: 3 events answer\n");
  expect(ran, 0,
         "\n2       2026-03-01T08:00:00Z  urn:x|alice  read    Patient/1  Patient/1  success\n");
  expect(ran, 0, "\n4       2026-04-01T08:00:00Z  urn:x|alice  update  ");
  expect(ran, 0,
         "\nevery record was read, from 0 to 7; 5 records of senders, 4 events\n"
         "may match: 1 record of which nothing was understood: 5");
}

TEST_F(SearchCommand, TakesEveryConditionTogether) {
  expect(ask("search", "--action read --patient-file " + patients), 0, ": 2 events answer\n");
  expect(ask("search", "--from 2026-03-02 --until 2026-05-01"), 0, ": 2 events answer\n");
  expect(ask("search", "--action update --action delete"), 0,
         "action, one of 2 values: 1 event answers\n");
  expect(ask("search", "--actor alice --source ward/ehr"), 0, ": 4 events answer\n");
  expect(ask("search", "--source ward/printer"), 11, "the log has no source ward/printer");
  expect(ask("search", "--emergency"), 0, "emergency access: no event answers\n");
  write("Patient/1\r\n\r\nPatient/2\r\n");
  expect(ask("search", "--patient-file " + patients), 0,
         "patient, one of 2 values: 4 events answer\n");
}

TEST_F(SearchCommand, ShowsTheFirstOrTheNewestAndCountsAll) {
  expect(ask("search", "--limit 1"), 0,
         "every event: 4 events answer, of which the first 1 are shown (--limit)\n");
  const Ran newest = ask("search", "--limit 2 --newest", "--json ");
  expect(newest, 0, R"("answers":4)");
  const std::size_t first = newest.text.find(R"("record":6)");
  const std::size_t second = newest.text.find(R"("record":4)");
  EXPECT_LT(first, second);
  EXPECT_NE(second, std::string::npos);
  EXPECT_EQ(newest.text.find(R"("record":3)"), std::string::npos);
  expect(newest, 0, R"("source":"ward/ehr","patient":["Patient/1"],"actor":["urn:x|alice"])");
  expect(newest, 0, R"("not_understood":[5],)");
}

TEST_F(SearchCommand, WritesASpreadsheetThatNobodyElseCanRead) {
  const std::string csv = directory.path() + "/found.csv";
  expect(ask("search", "--csv " + csv), 0, ": 4 events answer\nevery record was read");
  const std::string text = run_command("stat -c %a " + csv + " && cat " + csv).text;
  EXPECT_TRUE(text.starts_with("600\n\"record\",\"event\",\"time\"")) << text;
  EXPECT_NE(
      text.find("\r\n\"2\",\"1\",\"2026-03-01T08:00:00Z\",\"event\",\"ward/ehr\",\"Patient/1\""),
      std::string::npos)
      << text;
}

TEST_F(SearchCommand, ReportsWhoDidHowMuch) {
  expect(ask("report", "actors"), 0,
         "actors; every event: 1 line\nactor        events  patient_ids  first");
  expect(ask("report", "actors"), 0,
         "\nurn:x|alice  4       2            2026-03-01T08:00:00Z  2026-05-01");
  expect(ask("report", "patients"), 0, "\nPatient/1   3       1 ");
  expect(ask("report", "sources"), 0, "\nward/ehr 2026-03  2 ");
  expect(ask("report", "failed-logins"), 0, "failed-logins; every event: 0 lines\nevery record");
  expect(ask("report", "nothing"), 10,
         "there is no report nothing: it is one of actors, patients, sources, failed-logins, "
         "emergency, after-hours");
}

TEST_F(SearchCommand, AccountsForThePatientsDisclosures) {
  const std::string html = directory.path() + "/accounting.html";
  const Ran ran = ask("disclosures", "--from 2026-01-01 --until 2027-01-01 --patient-file " +
                                         patients + " --html " + html);
  expect(ran, 0,
         "\nto be listed: 1\ndate        recipient  what      purpose    how often  records\n");
  expect(ran, 0, "\n2026-05-01  not said   not said  marketing  once       6\n");
  const std::string page = run_command("cat " + html).text;
  EXPECT_NE(page.find("<td>2026-05-01</td><td>not said</td>"), std::string::npos) << page;
  EXPECT_NE(page.find("Under the checkpoint of 8 records of audit.example.org/ward"),
            std::string::npos);
  expect(ask("disclosures", "--from 2026-06-01 --until 2027-01-01 --patient-file " + patients), 0,
         "\nto be listed: 0\n");
  EXPECT_EQ(ask("disclosures").exit, 2) << "of whom?";
}

/// A page about records [first, end): the first event of each of `records`, which is there whole.
struct AnsweredPage {
  std::uint64_t first = 0;
  std::uint64_t end = 8;
  std::vector<std::uint64_t> records;
  std::string next = {};
  std::string more = {};  // members
  std::uint64_t event = 1;
  bool has_bytes = true;
};

struct BelievedServer : SearchCommand {
  [[nodiscard]] std::string json_of(const AnsweredPage& page) const {
    std::string events;
    for (const std::uint64_t record : page.records) {
      events.append(events.empty() ? "" : ",").append(R"({"record":)" + std::to_string(record));
      events.append(R"(,"event":)" + std::to_string(page.event) + R"(,"source":"ward/ehr")");
      if (page.has_bytes) events.append(R"(,"bytes":")" + base64(log.records.at(record)) + "\"");
      events.append("}");
    }
    return R"({"events":[)" + events + R"(],"may_answer":1,"gone":0,"searched":{"first":)" +
           std::to_string(page.first) + R"(,"end":)" + std::to_string(page.end) + "}" +
           (page.next.empty() ? "" : R"(,"next":")" + page.next + "\"") + page.more + "}";
  }
  void answer(const std::string& path, const AnsweredPage& page) {
    server.replace(path, to_buffer(bytes_of(json_of(page))));
  }
  [[nodiscard]] Ran believe(const std::string& options = "") const {
    return ask("search", "--believe-server --patient-file " + patients + " " + options);
  }
};

TEST_F(BelievedServer, IsAskedPageByPageAndItsAnswerIsSaidToBeItsWord) {
  answer("search", {5, 8, {6}, "aa"});
  answer("search/aa", {0, 5, {4, 2}});
  static_cast<void>(server.take_paths());
  const Ran ran = believe();
  expect(ran, 0, "patient, one value: 3 events answer\nrecord  when ");
  expect(ran, 0, "\n2       2026-03-01T08:00:00Z  urn:x|alice  read    Patient/1  ");
  expect(ran, 0, "\nthe server's word, about 8 records: each event above answers, as this program");
  expect(ran, 0, "\nmay match: 2 records, because");
  const std::vector<std::string> paths = server.take_paths();
  ASSERT_EQ(paths.size(), 2U) << "and nothing else is asked for";
  for (const std::string& path : paths)
    EXPECT_TRUE(path.starts_with(R"(search {"patient":["Patient/1"],)")) << path;
  const Ran json = ask("search", "--believe-server --limit 1 --newest", "--json ");
  expect(json, 0, R"({"answers":3,"shown":1,"events":[{"record":6,)");
  expect(
      json, 0,
      R"("believed":true,"searched":8,"all_sources":true,"may_answer":2,"left_out":0,"gone":0,)");
  const std::string csv = directory.path() + "/believed.csv";
  expect(believe("--csv " + csv), 0, "3 events answer");
  const std::string file = run_command("cat " + csv).text;
  EXPECT_NE(file.find("the server's word, about 8 records"), std::string::npos) << file;
}

TEST_F(BelievedServer, SaysWhatItsAnswerLeavesOut) {
  std::string more = json_of({0, 8, {6}});
  more.insert(more.find(R"(,"bytes")"), R"(,"events_left_out":5)");
  server.replace("search", to_buffer(bytes_of(more)));
  expect(believe(), 14, "\n5 more events answer, in records that have too many");
  expect(ask("search", "--believe-server", "--json "), 14, R"("left_out":5)");
  answer("search", {0, 8, {6}, "", R"(,"some_are_gone":false)"});
  expect(believe(), 0, "about the events of the sources that this token may read, in 8 records: ");
  expect(ask("search", "--believe-server", "--json "), 0, R"("all_sources":false)");
  answer("search", {});
  expect(believe("--source ward/typo"), 0, "\na source that the log does not know, or");
}

TEST_F(BelievedServer, SaysOfWhatNothingCanBeSaid) {
  answer("search", {0, 8, {6}, "", R"(,"some_are_gone":true)"});
  expect(believe(), 18, "some records were disposed of");
  answer("search", {0, 8, {6}, "", R"(,"unreadable":[3])"});
  expect(believe(), 13, "some records are damaged");
}

TEST_F(BelievedServer, IsNotBelievedWhatCannotBe) {
  const std::pair<AnsweredPage, const char*> lies[] = {
      {{0, 8, {3}}, "event 1 of record 3 does not answer"},
      {{0, 8, {7}}, "event 1 of record 7 does not answer"},
      {{.records = {6}, .event = 2}, "event 2 of record 6 does not answer"},
      {{.records = {6}, .event = 0}, "an event comes without its record"},
      {{.records = {6}, .has_bytes = false}, "an event comes without its record"},
      {{0, 8, {2, 4}}, "a record comes twice or is not asked for"},
      {{0, 8, {6, 6}}, "a record comes twice or is not asked for"},
      {{4, 8, {2}, "aa"}, "a record comes twice or is not asked for"},
      {{0, 6, {6}}, "a record comes twice or is not asked for"},
      {{1, 8, {6}}, "its pages do not end with the first record"},
      {{0, 8, {6}, "aa"}, "its pages do not end with the first record"},
      {{8, 8, {}, "aa"}, "its pages do not end with the first record"},
      {{9, 8, {}, "aa"}, "its pages leave records out"},
  };
  for (const auto& [page, why] : lies) {
    answer("search", page);
    expect(believe(), 13, why);
  }
  answer("search", {5, 8, {6}, "aa"});
  answer("search/aa", {0, 4, {2}});
  expect(believe(), 13, "its pages leave records out");
  expect(believe("--evidence " + directory.path() + "/e"), 10, "--evidence needs an audit");
}

TEST_F(SearchCommand, SaysWhatIsWrongWithAQuestion) {
  expect(ask("search", "--from yesterday"), 10, "\"yesterday\" is no date since 1970");
  expect(ask("search", "--from 2026-02-01 --until 2026-02-01"), 10,
         "the period ends at 2026-02-01T00:00:00Z, which is not after");
  write("\n\n");
  expect(ask("search", "--patient-file " + patients), 10, "has no value: write one in each line");
  EXPECT_EQ(ask("search", "--patient Patient/1").exit, 2) << "a patient is no argument";
  EXPECT_EQ(ask("search", "--limit 0").exit, 2);
}

TEST_F(SearchCommand, NamesWhatMayMatchAndWhy) {
  const SigningKey source = SigningKey::make("ward/ehr", "ehr");
  write("MRN-777\n");
  LogBuilder more;
  more.events_us = kRecordsUs;
  more.register_source(source);
  more.batch_of(source, {"<14>1 2026-03-01T08:00:00Z h app - - - alice opened the chart of MRN-777",
                         R"({"user":"alice","action":"read","patient_id":["MRN-777","x"]})",
                         R"({"user":"alice","action":"read","note":"nothing"})",
                         R"({"user":"alice","action":"read","patient_id":"MRN-778"})"});
  server.serve(more);
  const Ran ran = run("search " + server.url() + " --vkey " +
                      format::format_vkey(more.first.verifier) + " --patient-file " + patients);
  expect(ran, 0, ": no event answers\n");
  expect(ran, 0,
         "\nmay match: 2 records with an id of the patient outside of what was understood: 2 3\n");
  expect(ran, 0,
         "\nmay match: 1 record (json) without a value of what is asked for, and not wholly "
         "understood: 4");
}

TEST_F(SearchCommand, ListsByTimeWhateverTheLogsOrder) {
  const SigningKey source = SigningKey::make("ward/ehr", "ehr");
  LogBuilder more;
  more.events_us = kRecordsUs;
  more.register_source(source);
  more.batch_of(source, {event_text("R", "Patient/1", "2023-03-02T08:00:00Z"),
                         event_text("R", "Patient/1", "2023-03-01T08:00:00Z"),
                         event_text("R", "Patient/1", "2023-03-03T08:00:00Z")});
  server.serve(more);
  const auto order = [&](const std::string& options) {
    const std::string text = run("--json search " + server.url() + " --vkey " +
                                 format::format_vkey(more.first.verifier) + " " + options)
                                 .text;
    std::string records;
    for (std::size_t at = 0; (at = text.find(R"({"record":)", at)) != std::string::npos; ++at)
      records += text[at + 10];
    return records;
  };
  EXPECT_EQ(order(""), "324");
  EXPECT_EQ(order("--newest"), "423");
  EXPECT_EQ(order("--newest --limit 2"), "42");
  EXPECT_EQ(order("--limit 2"), "32");
}

TEST_F(SearchCommand, FindsOutBeforeTheAuditThatAFileCannotBeWritten) {
  expect(ask("search", "--csv " + directory.path() + "/nowhere/found.csv"), 11, "nowhere");
  EXPECT_EQ(server.requests(), 0);
}

TEST_F(SearchCommand, SaysNothingOfALogThatIsNotIntact) {
  log.records[4].back() ^= std::byte{1};
  server.serve(log);
  const Ran ran = ask("search", "--patient-file " + patients);
  expect(ran, 13, "corrupt: ");
  EXPECT_EQ(ran.text.find("answer"), std::string::npos) << ran.text;
  EXPECT_EQ(ran.text.find("Patient"), std::string::npos) << ran.text;
}

}  // namespace
}  // namespace varve::audit
