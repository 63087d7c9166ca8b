// Who may do what: the operator's report, the log's records behind it, and what an auditor sees of them.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "installation.h"

namespace varve::system {
namespace {

std::size_t times_in(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++times;
  return times;
}

class AccessReport : public ::testing::Test {
 protected:
  std::string report(const std::string& option = "") {
    Words words = {Installation::program("varved"), "access", "report", "--config",
                   varve_.path("varved.toml")};
    if (!option.empty()) words.push_back(option);
    return must_run(words);
  }
  std::string audit_says(Words words) {
    words.insert(words.begin(), Installation::program("varve-audit"));
    for (const std::string& word :
         {std::string("--vkey"), varve_.vkey(), std::string("--ca"), varve_.path("ca.pem"),
          std::string("--bearer-file"), varve_.token_file("read")})
      words.push_back(word);
    return must_run(words);
  }
  /// Grants a new token.
  void grant(const std::string& who, const std::string& roles) {
    const std::string made =
        must_run({Installation::program("varved"), "token", who, roles, "main"});
    write_text(varve_.path("access"),
               read_text(varve_.path("access")) + made.substr(made.rfind(who + " ")));
  }
  void copy_token(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(varve_.path(to));
    std::filesystem::copy(varve_.path(from), varve_.path(to),
                          std::filesystem::copy_options::recursive);
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  Installation varve_;
};

TEST_F(AccessReport, SaysSinceWhenAndWhoIsOperatorAndApproverAtOnce) {
  const std::string before = report();
  EXPECT_TRUE(has(before, "who-append")) << before;
  EXPECT_TRUE(has(before, "no grants recorded: start varved")) << before;
  varve_.start();
  EXPECT_FALSE(has(report(), "not recorded")) << report();
  EXPECT_TRUE(has(audit_says({"check", varve_.url()}), "\nrecord 5 says who may do what\n"));

  grant("ann", "operate,approve");
  EXPECT_TRUE(has(report(), "changed since: start varved, or send it SIGHUP")) << report();
  varve_.server().send(SIGHUP);
  ASSERT_TRUE(
      wait_until([&] { return times_in(varve_.server_log(), "\"grants_recorded\"") == 2; }));
  const std::string after = report();
  EXPECT_FALSE(has(after, "not recorded")) << after;
  EXPECT_TRUE(has(after, "operator and approver at once: ann\n")) << after;
  EXPECT_FALSE(has(after, "SIGHUP")) << after;
  EXPECT_TRUE(has(audit_says({"check", varve_.url()}), " says who may do what, as 1 did before\n"));

  ASSERT_EQ(varve_.stop(), 0);
  varve_.start();
  EXPECT_EQ(times_in(varve_.server_log(), "\"grants_recorded\""), 2U) << "nothing changed";
  EXPECT_EQ(report(), after);
  EXPECT_FALSE(has(varve_.server_log(), "grants_not_recorded")) << varve_.server_log();
}

TEST_F(AccessReport, IsJsonToo) {
  varve_.start();
  const std::string json = report("--json");
  EXPECT_TRUE(has(json, R"({"logs":[{"log":"main","origin":")" + std::string(kOrigin))) << json;
  EXPECT_TRUE(has(json, R"("as_recorded":true)")) << json;
  EXPECT_TRUE(has(json, R"({"by":"token","role":"read","who":"who-read","since_us":)")) << json;
}

TEST_F(AccessReport, AndRecordHoldNothingThatOpensAnything) {
  varve_.start();
  const std::string shown =
      audit_says({"event", varve_.url(), "5", "--out", varve_.path("grants"), "--explain"});
  EXPECT_TRUE(has(shown, "token       operate the log              who-operate\n")) << shown;
  const std::string all = shown + read_text(varve_.path("grants")) + report() + report("--json");
  for (const char* role : {"append", "read", "operate"}) {
    const std::string token = read_text(varve_.token_file(role));
    EXPECT_FALSE(has(all, token.substr(0, token.size() - 1))) << role;
  }
  const std::string access = read_text(varve_.path("access"));
  for (std::size_t at = 0; (at = access.find("sha256:", at)) != std::string::npos; ++at)
    EXPECT_FALSE(has(all, access.substr(at + 7, 16)));
}

// Killed at whatever moment of a start: afterwards there is one record for each configuration.
// SoftHSM loses a token whose login is killed: it empties a file before it writes it anew.
TEST_F(AccessReport, SeesOneRecordForEachConfigurationHoweverOftenAStartIsKilled) {
  constexpr unsigned kKills = 12;
  constexpr unsigned kStepMs = 40;
  varve_.start();
  for (unsigned k = 0; k < kKills; ++k) {
    varve_.kill_9();
    copy_token("softhsm", "whole");
    grant("client-" + std::to_string(k), "read");
    Process killed({Installation::program("varved"), "--config", varve_.path("varved.toml")},
                   varve_.path("killed.log"), varve_.variables());
    pause_ms(k * kStepMs);
    killed.send(SIGKILL);
    ASSERT_EQ(killed.wait_ms(), 128 + SIGKILL);
    copy_token("whole", "softhsm");
    varve_.start();
  }
  const std::string check = audit_says({"check", varve_.url(), "--json"});
  EXPECT_TRUE(has(check, "\"grants\":" + std::to_string(kKills + 1) + ",")) << check;
  EXPECT_FALSE(has(report(), "not recorded")) << report();
}

}  // namespace
}  // namespace varve::system
