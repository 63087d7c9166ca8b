// JWTs among the other credentials of a server: which is which, revoked, counted, and explained to the
// operator alone.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/access/access.h"
#include "journal_lines.h"
#include "jwt_site.h"

namespace varve::api {
namespace {

class JwtAccess : public JwtSite {
 protected:
  JwtAccess() {
    std::string pattern = ::testing::TempDir() + "varve-jwt-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    revoke("");
    clock.us = kJwtNow_s * 1'000'000;
  }
  ~JwtAccess() override { std::filesystem::remove_all(directory); }
  void revoke(const std::string& text) const {
    const std::string path = (directory / "revoked").string();
    std::ofstream(path, std::ios::binary) << text;
    CHECK(::chmod(path.c_str(), 0600) == 0);
  }
  [[nodiscard]] AccessOptions access_options() {
    AccessOptions out;
    out.revoked = (directory / "revoked").string();
    out.issuers = {options};
    out.clock = &clock;
    return out;
  }

  struct FixedClock : env::Clock {
    std::uint64_t us = 0;
    [[nodiscard]] std::uint64_t now_us() const override { return us; }
    [[nodiscard]] std::uint64_t steady_ms() const override { return us / 1000; }
  };
  /// The client that is let in; empty: nobody.
  static std::string client(Access& access, const std::string& bearer) {
    Caller caller{access.metrics().of("other"), "192.0.2.1"};
    const auto refusal = access.recognise(caller, bearer);
    EXPECT_TRUE(!refusal || std::holds_alternative<UnknownCredential>(*refusal));
    return refusal ? "" : caller.client;
  }

  FixedClock clock;
  std::filesystem::path directory;
};

TEST_F(JwtAccess, AreEndedByClientSubjectJtiAndHashAlsoWhenTheyWereSeenBefore) {
  Journal journal{Level::kError};
  Access access(access_options(), Tokens{}, journal);
  const std::string bearer = token();
  EXPECT_EQ(client(access, bearer), "ward-7");
  for (const std::string& line :
       {std::string{"client ward-7"}, std::string{"subject subject-7"}, std::string{"jti id-7"},
        "credential " + ([&] { return ask(bearer) == "accepted" ? who->credential_id : ""; })()}) {
    revoke(line + "\n");
    EXPECT_EQ(client(access, bearer), "") << line;
    revoke("client x\nsubject x\njti x\njti id-77\n");
    EXPECT_EQ(client(access, bearer), "ward-7") << line;
  }
  EXPECT_NE(
      access.metrics().text().find(R"(varve_credentials_total{kind="jwt",outcome="accepted"} 5)"),
      std::string::npos);
  EXPECT_NE(
      access.metrics().text().find(R"(varve_credentials_total{kind="jwt",outcome="refused"} 4)"),
      std::string::npos);
  EXPECT_NE(
      access.metrics().text().find(R"(varve_issuer_keys{issuer="https://idp.example.org"} 3)"),
      std::string::npos);
}

TEST_F(JwtAccess, AreExplainedInTheJournalAloneWithoutWhatTheySay) {
  JournalLines lines;
  Journal journal{Level::kInfo};
  Access access(access_options(), Tokens{}, journal);
  EXPECT_EQ(client(access, token({{"aud", in_quotes("secret-audience")}})), "");
  EXPECT_EQ(lines.next(),
            R"({"level":"warning","event":"credential_refused","proof":"jwt","client":"",)"
            R"("peer":"192.0.2.1","message":"the JWT is for another audience"})");
  revoke("jti id-7\n");
  EXPECT_EQ(client(access, token()), "");
  EXPECT_EQ(lines.next(),
            R"({"level":"warning","event":"credential_refused","proof":"jwt","client":"ward-7",)"
            R"("peer":"192.0.2.1","message":"the access of this credential was revoked"})");
}

// What a token is, its looks decide alone: nothing that fails as one is tried as the other.
TEST_F(JwtAccess, AreNeverLookedForAmongStaticTokensNorTheOtherWayRound) {
  Journal journal{Level::kError};
  const std::string good = token();
  const std::string bad = token({{"aud", in_quotes("x")}});
  const std::string encrypted = good + ".x.y";
  const std::vector<std::string> no_jwt = {
      "varve_0123", "a.b.c", "eyJ.x", "..", "e..", "E.y.z", "fyJhbGciOiJFUzI1NiJ9.e30.x",
      ".eyJ.",      "ev.x.y"};
  std::string file;
  for (const std::string& text : {good, bad, encrypted})
    file += *token_line(text, "s", "read", "*") + "\n";
  for (const std::string& text : no_jwt) file += *token_line(text, "s", "read", "*") + "\n";
  Access access(access_options(), *Tokens::parse(file), journal);
  EXPECT_EQ(client(access, good), "ward-7");
  EXPECT_EQ(client(access, bad), "");
  EXPECT_EQ(client(access, encrypted), "");
  for (const std::string& text : no_jwt) EXPECT_EQ(client(access, text), "s") << text;
  AccessOptions without = access_options();
  without.issuers.clear();
  Access plain(without, *Tokens::parse(file), journal);
  for (const std::string& text : {good, bad, encrypted}) EXPECT_EQ(client(plain, text), "s");
  EXPECT_EQ(plain.metrics().text().find("varve_issuer"), std::string::npos);
}

}  // namespace
}  // namespace varve::api
