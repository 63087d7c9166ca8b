// An assessment without a server that keeps its rules: what counts as held, what never does, and what a report
// shows of the words of others.
#include <gtest/gtest.h>
#include <httplib.h>

#include <thread>

#include "ledger/format/json.h"
#include "run_program.h"
#include "temporary_directory.h"
#include "tools/audit/assess/groups.h"
#include "tools/audit/assess/judge.h"
#include "tools/audit/assess/run.h"
#include "tools/common/exit_code.h"

namespace varve::audit::assess {
namespace {

constexpr int kBusyProgram = 15;

Answered by_server(int status, const std::string& text = "") {
  return {"GET /", true, status, text};
}

Answered by_program(int exit, const std::string& text = "") {
  return {"varved audit", false, exit, text};
}

TEST(Assessment, HoldsOnlyWhatIsRefusedForTheReasonThatItIsAbout) {
  const Expected early{Wanted::kRefused, {409, 422}, {"R21: ", "R23: "}};
  EXPECT_EQ(judge(early, by_server(409, "R23: not due")).verdict, Verdict::kHeld);
  EXPECT_EQ(judge(early, by_server(422, "R21: not over")).verdict, Verdict::kHeld);
  for (int status = 100; status < 600; ++status) {
    const Verdict verdict = judge(early, by_server(status, "something else")).verdict;
    EXPECT_EQ(verdict, status >= 200 && status < 300 ? Verdict::kDidNotHold : Verdict::kNotTried)
        << status;
  }
}

TEST(Assessment, OfDamageThatNothingNamesDoesNotHold) {
  const Expected damage{Wanted::kNamed, {13}, {"segments/"}};
  EXPECT_EQ(judge(damage, by_program(13, "segments/00000000.seg: a hash")).verdict, Verdict::kHeld);
  EXPECT_EQ(judge(damage, by_program(13, "another file")).verdict, Verdict::kNotTried);
  EXPECT_EQ(judge(damage, by_program(0, "intact")).verdict, Verdict::kDidNotHold);
  EXPECT_EQ(judge(damage, by_program(18, "intact")).verdict, Verdict::kDidNotHold);
  for (const int no_verdict : {14, kBusyProgram, 137, 139})
    EXPECT_EQ(judge(damage, by_program(no_verdict)).verdict, Verdict::kNotTried) << no_verdict;
}

TEST(Assessment, OfWhatIsLawfulDoesNotHoldWhereItIsRefused) {
  const Expected disposal{Wanted::kDone, {201}, {}};
  EXPECT_EQ(judge(disposal, by_server(201)).verdict, Verdict::kHeld);
  EXPECT_EQ(judge(disposal, by_server(422, "R28: ")).verdict, Verdict::kDidNotHold);
  EXPECT_EQ(judge(disposal, by_server(503)).verdict, Verdict::kNotTried);
}

TEST(Assessment, EndsWithZeroOnlyWhereAllWasTriedAndHeld) {
  EXPECT_EQ(exit_of({3, 0, 0}), tools::kExitOk);
  EXPECT_EQ(exit_of({3, 1, 0}), tools::kExitDidNotHold);
  EXPECT_EQ(exit_of({3, 1, 1}), tools::kExitDidNotHold);
  EXPECT_EQ(exit_of({3, 0, 1}), tools::kExitNotTried);
  EXPECT_EQ(exit_of({0, 0, 0}), tools::kExitNotTried);
}

TEST(Assessment, HasANameForEachAttemptAndAClauseForWhatItSpeaksTo) {
  std::set<std::string_view> names;
  std::set<Clause> spoken_to;
  for (const Group& group : all_groups()) {
    for (const Attempt& attempt : group.attempts) {
      EXPECT_TRUE(names.insert(attempt.name).second) << attempt.name;
      EXPECT_FALSE(attempt.clauses.empty()) << attempt.name;
      EXPECT_FALSE(attempt.expected.codes.empty()) << attempt.name;
      spoken_to.insert(attempt.clauses.begin(), attempt.clauses.end());
    }
  }
  EXPECT_EQ(spoken_to.size(), std::size_t{kClauses});
}

Report report_with(const Outcome& outcome) {
  return {"log.example",          "draft",         "2026-11-30T12:00:00Z",
          "2026-11-30T12:10:00Z", "varve-audit 0", {{"Access", {outcome}}}};
}

TEST(AssessmentReport, QuotesWhatOthersSaidSoThatItStaysAQuotation) {
  Outcome outcome{"read-event",
                  "Read an event.",
                  {Clause::kLimitedAccess},
                  Wanted::kRefused,
                  Verdict::kHeld,
                  {},
                  ""};
  outcome.answered = by_server(401, "no\x1b[2J\n```\n# Assessment\n\n### read: held\n\u202e");
  const std::string text = markdown(report_with(outcome));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  for (const char* of_theirs : {"\n```", "\n# Assessment\n", "\n### read: held"})
    EXPECT_EQ(text.find(of_theirs), std::string::npos) << of_theirs;
  const auto parsed = format::Json::parse(json(report_with(outcome)));
  ASSERT_TRUE(parsed) << json(report_with(outcome));
  EXPECT_EQ(parsed->number("held").value(), 1U);
}

TEST(AssessmentReport, CountsWhatWasNotTriedApartAndSaysWhy) {
  Outcome outcome{"clock-ahead",
                  "Set the clock.",
                  {Clause::kSixYears},
                  Wanted::kRefused,
                  Verdict::kNotTried,
                  {},
                  "this machine has no libfaketime"};
  const std::string text = markdown(report_with(outcome));
  EXPECT_NE(text.find("| held | 0 |"), std::string::npos) << text;
  EXPECT_NE(text.find("Not tried, because this machine has no libfaketime."), std::string::npos);
  const auto parsed = format::Json::parse(json(report_with(outcome)));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->number("held").value(), 0U);
  EXPECT_EQ(parsed->number("not_tried").value(), 1U);
}

/// Says yes to everything.
class Obliging {
 public:
  /// What the server says of each credential.
  explicit Obliging(std::string whoami = "{\"logs\":[]}") : whoami_(std::move(whoami)) {
    const auto yes = [this](const httplib::Request& request, httplib::Response& response) {
      response.status = 201;
      response.set_content(request.path == "/whoami" ? whoami_ : "{\"errors\":false}",
                           "application/json");
    };
    server_.Get(".*", yes).Post(".*", yes).Put(".*", yes).Patch(".*", yes).Delete(".*", yes);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Obliging() {
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const std::string whoami_;
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
};

/// A log "main" of it, and another one; with a credential of each kind.
class AssessedServer : public ::testing::Test {
 protected:
  std::vector<Outcome> try_on(const Obliging& server, const std::vector<Group>& groups) {
    site_.server = server.url();
    site_.log = {"main", "log.example", "", "", ""};
    site_.config.logs = {site_.log, {"other", "other.example", "", "", ""}};
    site_.config.data = site_.scratch = directory_.path();
    std::vector<Outcome> all;
    try_all(site_, groups, [&](const Outcome& outcome) { all.push_back(outcome); });
    return all;
  }
  void give_credentials() {
    directory_.write("token", "a-bearer-token\n");
    site_.appender_file = site_.reader_file = site_.operator_file = directory_.file("token");
  }

  const TemporaryDirectory directory_;
  Site site_;
};

TEST_F(AssessedServer, ThatSaysYesToAllDoesNotHold) {
  const Obliging server;
  give_credentials();
  const auto outcomes = try_on(server, {access_group(), change_group()});
  for (const Outcome& outcome : outcomes)
    EXPECT_EQ(outcome.verdict, Verdict::kDidNotHold) << outcome.name << ": " << outcome.why;
  EXPECT_GT(outcomes.size(), 25U);
}

// What it may do is no attempt, and no server is blamed for it.
TEST_F(AssessedServer, IsNotTriedWithACredentialThatMayDoIt) {
  const Obliging server(
      R"({"logs":[{"name":"main","roles":["append","read","operate"]},{"name":"other","roles":["read"]}]})");
  give_credentials();
  for (const Outcome& outcome : try_on(server, {access_group()})) {
    const bool without = outcome.name.find("without-credential") != std::string::npos;
    EXPECT_EQ(outcome.verdict, without ? Verdict::kDidNotHold : Verdict::kNotTried) << outcome.name;
  }
}

TEST_F(AssessedServer, IsNotTriedWithACredentialThatNobodyGave) {
  const Obliging server;
  for (const Outcome& outcome : try_on(server, {access_group()})) {
    const bool without = outcome.name.find("without-credential") != std::string::npos;
    EXPECT_EQ(outcome.verdict, without ? Verdict::kDidNotHold : Verdict::kNotTried) << outcome.name;
  }
}

}  // namespace
}  // namespace varve::audit::assess
