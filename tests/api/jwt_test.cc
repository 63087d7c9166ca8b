// JWTs as HTTP carries them: what a client learns of its own, and that a refusal teaches nothing.
#include <gtest/gtest.h>
#include <httplib.h>

#include "api/server.h"
#include "tests/access/jwt_site.h"
#include "tests/api/site.h"

namespace varve::api {
namespace {

class JwtOverHttp : public JwtSite {
 protected:
  JwtOverHttp() {
    options.grants = {{"scope", "append", {Roles::kAppend, {"open"}}}};
    AccessOptions all;
    const auto logs = site.access->logs();
    all.logs.assign(logs.begin(), logs.end());
    all.issuers = {options};
    access =
        std::make_unique<Access>(std::move(all), *Tokens::parse(Site::tokens_text()), site.journal);
    service = std::make_unique<Service>(*access, env::posix_clock());
    ServerOptions listening;
    listening.port = 0;
    auto started = Server::start(listening, *service);
    CHECK(started);
    server = std::move(*started);
  }
  ~JwtOverHttp() override {
    server->stop();
    site.stop();
    access->stop();
  }

  [[nodiscard]] static Members now(std::uint64_t lasts_s = 300) {
    const std::uint64_t now_s = env::posix_clock().now_us() / 1'000'000;
    return {{"iat", std::to_string(now_s)}, {"exp", std::to_string(now_s + lasts_s)}};
  }
  httplib::Result whoami(const std::string& bearer) {
    httplib::Client client("127.0.0.1", server->port());
    client.set_read_timeout(60);
    client.set_bearer_token_auth(bearer);
    return client.Get("/whoami");
  }

  Site site;
  std::unique_ptr<Access> access;
  std::unique_ptr<Service> service;
  std::unique_ptr<Server> server;
};

TEST_F(JwtOverHttp, WhoamiSaysWhoseTokenItIsAndUntilWhen) {
  const Members times = now();
  const auto answer = whoami(token(times));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"({"client":"ward-7","proof":"jwt","subject":"subject-7",)"
                          R"("issuer":"https://idp.example.org","expires":)" +
                              std::to_string(std::stoull(times.at("exp")) + 60) +
                              R"(,"logs":[{"name":"open","roles":["append"]}]})"
                              "\n");
}

TEST_F(JwtOverHttp, TheLargestTokenFitsIntoARequestOfTheDefaultSize) {
  Members large = now();
  large["x"] = in_quotes(std::string(5'000, 'x'));
  const std::size_t left = (kJwtBytesMax - token(large).size()) * 3 / 4 - 2;
  large["x"] = in_quotes(std::string(5'000 + left, 'x'));
  const std::string largest = token(large);
  EXPECT_GT(largest.size(), kJwtBytesMax - 8);
  const auto answer = whoami(largest);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200) << answer->body;
}

// Whatever a bearer token looks like and whatever is wrong with it.
TEST_F(JwtOverHttp, EveryRefusalIsTheSameToTheClient) {
  Members old = now();
  old["exp"] = "1";
  const std::string good = token(now());
  httplib::Headers first;
  std::string first_body;
  for (const std::string& bearer :
       {std::string{"varve_unknown"}, token(old), good.substr(0, good.size() - 4) + "AAAA",
        good + ".x.y", std::string{"a.b.c"}, std::string{"eyJ.x.y"},
        token(with(now(), {{"aud", in_quotes("x")}})), std::string(9'000, 'x'),
        token(now(), {{"kid", in_quotes("x")}}), token(now(), {{"alg", in_quotes("none")}})}) {
    auto answer = whoami(bearer);
    ASSERT_TRUE(answer) << bearer;
    EXPECT_EQ(answer->status, 401) << bearer;
    answer->headers.erase("Date");
    if (first_body.empty()) {
      first = answer->headers;
      first_body = answer->body;
    }
    EXPECT_EQ(answer->body, first_body) << bearer;
    EXPECT_EQ(answer->headers, first) << bearer;
  }
}

}  // namespace
}  // namespace varve::api
