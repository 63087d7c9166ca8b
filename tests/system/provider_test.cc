// Tokens of a certified identity provider (npm oidc-provider), fetched keys, and a provider that rotates
// its keys and goes away while clients go on.
#include <gtest/gtest.h>

#include <fstream>

#include "foreign_sender.h"
#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "tests/directories.h"

namespace varve::system {
namespace {

constexpr const char* kAudience = "https://varve.example.org";

class Provider : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    directory_ = npm_packages(varve_, "providers", why);
    if (directory_.empty()) GTEST_SKIP() << why;
    varve_.start();  // its address is the provider's too
    ASSERT_EQ(varve_.stop(), 0);
    provide({"k1", "k2"});
    std::ofstream(varve_.path("varved.toml"), std::ios::app)
        << "[[issuer]]\nissuer = \"" << issuer_ << "\"\naudience = [\"" << kAudience
        << "\"]\nalgorithms = [\"ES256\"]\nkeys_url = \"" << issuer_ << "/jwks\"\nkeys_ca = \""
        << varve_.path("ca.pem") << "\"\nclient_prefix = \"idp/\"\nsmart_logs = [\"main\"]\n";
    varve_.start();
    ASSERT_TRUE(wait_until([this] { return journal_has("keys_fetched"); })) << varve_.server_log();
  }

  /// Starts the provider, or starts it again on its port with other keys, of which the first signs.
  void provide(const Words& names) {
    provider_.reset();
    const std::string host = client::parse_url(varve_.server_url())->host;
    Words words{"node", directory_ + "/oidc.mjs", host, std::to_string(port_), varve_.path("")};
    words.insert(words.end(), names.begin(), names.end());
    std::ofstream(log(), std::ios::trunc) << "";
    provider_ = std::make_unique<Process>(words, log());
    const std::string before = "issuer https";  // it prints warnings as well
    ASSERT_TRUE(wait_until([&] { return read_text(log()).find(before) != std::string::npos; }))
        << read_text(log());
    const std::string told = read_text(log());
    const std::size_t begin = told.find(before) + before.find(' ') + 1;
    issuer_ = told.substr(begin, told.find('\n', begin) - begin);
    port_ = client::parse_url(issuer_)->port;
  }
  [[nodiscard]] std::string log() const { return varve_.path("provider.log"); }
  [[nodiscard]] bool journal_has(const std::string& text) const {
    return varve_.server_log().find(text) != std::string::npos;
  }

  [[nodiscard]] client::HttpClient connect(const std::string& url) const {
    client::HttpOptions options;
    options.ca_file = varve_.path("ca.pem");
    options.connect_timeout_ms = options.io_timeout_ms = kPatienceMs;
    return client::HttpClient::open(client::parse_url(url).value(), options).value();
  }
  /// One that the provider has just issued, for this audience.
  [[nodiscard]] std::string token(const std::string& audience = kAudience) const {
    const std::string form =
        "grant_type=client_credentials&scope=system%2FAuditEvent.cruds&resource=" +
        client::percent_encoded(audience);
    const auto answer = connect(issuer_).post(
        "/token", "application/x-www-form-urlencoded", bytes_of(form),
        {{"Authorization", "Basic " + base64(bytes_of("ward-7:of-the-ward"))}});
    EXPECT_TRUE(answer && answer->status == 200)
        << (answer ? answer->body : answer.error().message);
    const auto body = format::Json::parse(answer ? answer->body : "");
    return body && body->has("access_token") ? *body->text("access_token") : "";
  }
  /// Of GET /whoami.
  [[nodiscard]] client::HttpResponse whoami(const std::string& bearer) const {
    return connect(varve_.server_url())
        .get("/whoami", {{"Authorization", "Bearer " + bearer}})
        .value();
  }

  Installation varve_;
  std::string directory_;
  std::string issuer_;
  unsigned port_ = 0;
  std::unique_ptr<Process> provider_;
};

TEST_F(Provider, LetsItsClientAppendAndNobodyWithATokenForAnotherServer) {
  const std::string bearer = token();
  const auto who = whoami(bearer);
  EXPECT_EQ(who.status, 200) << who.body << varve_.server_log();
  EXPECT_NE(who.body.find(R"("client":"idp/ward-7","proof":"jwt")"), std::string::npos) << who.body;
  EXPECT_NE(who.body.find(R"("logs":[{"name":"main","roles":["append","read"]}])"),
            std::string::npos)
      << who.body;
  const auto appended = connect(varve_.url())
                            .post("/events", "application/x-ndjson", bytes_of("{\"a\":1}\n"),
                                  {{"Authorization", "Bearer " + bearer}});
  ASSERT_TRUE(appended);
  EXPECT_EQ(appended->status, 201) << appended->body;
  EXPECT_EQ(whoami(token("https://elsewhere.example.org")).status, 401);
  EXPECT_TRUE(wait_until([this] { return journal_has("the JWT is for another audience"); }));
  EXPECT_FALSE(journal_has(bearer.substr(bearer.rfind('.'))));
}

TEST_F(Provider, RotatesItsKeysAndGoesAwayWithoutDenyingAnybody) {
  const std::string first = token();
  EXPECT_EQ(whoami(first).status, 200);
  provide({"k2", "k1"});
  const std::string second = token();
  const std::string unseen = token();
  EXPECT_EQ(whoami(second).status, 200) << varve_.server_log();
  EXPECT_EQ(whoami(first).status, 200);
  provide({"k3"});
  const std::string stranger = token();  // of a key that was never published before
  provider_.reset();
  EXPECT_EQ(whoami(first).status, 200);
  EXPECT_EQ(whoami(unseen).status, 200);
  EXPECT_EQ(whoami(stranger).status, 401);
  EXPECT_EQ(varve_.stop(), 0);
}

}  // namespace
}  // namespace varve::system
