// HTTP is one way in of several: what is admitted, refused, written down and counted of an append
// does not depend on it.
#include "tests/access/other_way.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <regex>

#include "tests/access/journal_lines.h"
#include "tests/api/served_site.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kUnit = 2 * kSmallBody;
constexpr std::size_t kOfOneClient = 16;  // requests

struct Attempt {
  const char* log;
  std::optional<std::string> credential;
  std::size_t bytes;
  int status;
};

const std::vector<Attempt>& attempts() {
  static const std::vector<Attempt> table = {
      {"open", "append", 1, 201},         {"closed", "append", kSmallBody + 1, 201},
      {"closed", "both", 1, 403},  // a client of the other log
      {"open", "both", 1, 201},           {"open", "read", 1, 403},
      {"open", "elsewhere", 1, 403},      {"closed", "nobody's", 1, 401},
      {"open", std::nullopt, 1, 401},  // reads are open, appends are not
      {"open", "append", 3 * kUnit, 429}, {"open", "append", 5 * kUnit, 503},
  };
  return table;
}

class OtherWayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.port = 0;
    auto started = Server::start(options, *site.service);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  ~OtherWayTest() override {
    if (server) server->stop();
    site.stop();
  }

  int post(const Attempt& attempt) const {
    httplib::Client client("127.0.0.1", server->port());
    client.set_read_timeout(120);
    if (attempt.credential) client.set_bearer_token_auth(*attempt.credential);
    const auto answer = client.Post("/logs/" + std::string{attempt.log} + "/events",
                                    std::string(attempt.bytes, 'x'), "text/plain");
    return answer ? answer->status : 0;
  }
  int send(OtherWay& way, const Attempt& attempt) const {
    const auto hosted =
        std::ranges::find(site.access->logs(), std::string{attempt.log}, &HostedLog::name);
    return way.append(*hosted, attempt.credential, std::string(attempt.bytes, 'x'));
  }
  /// What was counted of a way in, under a name that all share.
  std::string counters(const std::string& way) const {
    static const std::regex counted(
        "(varve_)[a-z]+(_(requests|limited|body_bytes_received)_total.*)");
    std::string out;
    std::istringstream text{site.access->metrics().text()};
    for (std::string line; std::getline(text, line);)
      if (std::smatch parts;
          line.starts_with("varve_" + way + "_") && std::regex_match(line, parts, counted))
        out.append(parts[1]).append("WAY").append(parts[2]).append("\n");
    return out;
  }

  /// Without the lines that explain a refusal, which name the peer.
  std::string next_request() {
    std::string line = lines.next();
    while (!line.empty() && line.find(R"("event":"request",)") == std::string::npos)
      line = lines.next();
    return line;
  }

  JournalLines lines;
  Site site{
      {.requests_max = 64, .requests_per_client_max = kOfOneClient, .body_bytes_max = 4 * kUnit},
      Level::kInfo};
  std::unique_ptr<Server> server;
};

// The answer's size aside, which is HTTP's own.
std::string without_answer(const std::string& line) {
  return std::regex_replace(line, std::regex(",\"bytes_out\":[0-9]+"), "");
}

TEST_F(OtherWayTest, AdmitsRefusesCountsAndWritesDownAsHttpDoes) {
  OtherWay way{*site.access};
  for (const Attempt& attempt : attempts()) {
    SCOPED_TRACE(std::string{attempt.log} + " " + attempt.credential.value_or("(none)") + " " +
                 std::to_string(attempt.bytes));
    EXPECT_EQ(post(attempt), attempt.status);
    const std::string by_http = without_answer(next_request());
    EXPECT_EQ(send(way, attempt), attempt.status);
    EXPECT_EQ(without_answer(next_request()), by_http);
    EXPECT_NE(by_http.find("\"status\":" + std::to_string(attempt.status)), std::string::npos);
  }
  EXPECT_EQ(counters(OtherWay::kName), counters("http"));
  EXPECT_NE(counters("http").find("WAY_limited_total{limit=\"client-bytes\"} 1\n"),
            std::string::npos);
}

TEST_F(OtherWayTest, SharesWithHttpWhatOneClientMayHaveUnderWay) {
  OtherWay way{*site.access};
  std::vector<Caller> waiting;
  const HostedLog& open = site.access->logs().front();
  for (std::size_t i = 0; i < kOfOneClient; ++i)
    ASSERT_EQ(way.admit(waiting.emplace_back(way.caller()), open, "append", 1), std::nullopt);
  EXPECT_EQ(post({"open", "append", 1, 0}), 429);
  EXPECT_EQ(post({"open", "both", 1, 0}), 201) << "another client";
  waiting.clear();
  EXPECT_EQ(post({"open", "append", 1, 0}), 201);
}

}  // namespace
}  // namespace varve::api
