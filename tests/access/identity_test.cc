// Certificates by what they name, and access that ends at once.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/access/access.h"
#include "api/access/authenticate.h"
#include "ledger/base/text.h"

namespace varve::api {
namespace {

constexpr std::uint64_t kNow_s = 1'000;

PeerCertificate ward() {
  PeerCertificate out;
  out.fingerprint.bytes.fill(std::byte{0xab});
  out.subject = "CN=ward 7,O=Example Hospital";
  out.names = {"dns:Ward-7.Example.org", "uri:urn:ward:7", "email:ward7@example.org"};
  out.not_before_s = kNow_s;
  out.expires_s = kNow_s + 10;
  return out;
}

std::string line_for(const std::string& credential, const std::string& name = "ward-7") {
  return name + " append x cert-" + credential + "\n";
}

std::variant<SharedIdentity, Denied> ask(const std::string& lines, const PeerCertificate& shown,
                                         std::uint64_t now_s = kNow_s) {
  const auto tokens = Tokens::parse(lines);
  EXPECT_TRUE(tokens) << tokens.error().message;
  Issuers none({});
  return authenticate(*tokens, none, {std::nullopt, &shown}, now_s);
}

std::string reason(const std::variant<SharedIdentity, Denied>& verdict) {
  const auto* denied = std::get_if<Denied>(&verdict);
  return denied == nullptr ? "accepted" : std::string{denied->reason};
}

TEST(Certificate, IsKnownByEachOfItsNamesAndByItsHash) {
  for (const std::string& credential :
       {"sha256:" + hex(ward().fingerprint.view()),
        std::string{"subject:CN=ward 7,O=Example Hospital"}, std::string{"dns:WARD-7.example.org"},
        std::string{"uri:urn:ward:7"}, std::string{"email:ward7@example.org"}}) {
    const auto found = ask(line_for(credential), ward());
    ASSERT_EQ(reason(found), "accepted") << credential;
    const Identity& who = **std::get_if<SharedIdentity>(&found);
    EXPECT_EQ(who.client, "ward-7");
    EXPECT_EQ(who.proof, Proof::kCertificate);
    EXPECT_EQ(who.expires_s, kNow_s + 10);
    EXPECT_EQ(who.on("x").whole, Roles::kAppend);
    EXPECT_EQ(who.on("y").whole, Roles::kNone);
  }
}

TEST(Certificate, IsNobodysWhenItsNamesOnlyLookAlike) {
  for (const char* credential :
       {"uri:urn:WARD:7", "email:ward7@EXAMPLE.org", "dns:ward-7.example.org.", "dns:example.org",
        "subject:CN=ward 7", "subject:O=Example Hospital,CN=ward 7", "dns:urn:ward:7",
        "uri:ward-7.example.org"})
    EXPECT_NE(reason(ask(line_for(credential), ward())), "accepted") << credential;
  PeerCertificate wild = ward();
  wild.names = {"dns:*.example.org"};
  EXPECT_NE(reason(ask(line_for("dns:ward-7.example.org"), wild)), "accepted");
}

TEST(Certificate, IsJudgedByTheClockForEachRequest) {
  const std::string lines = line_for("dns:ward-7.example.org");
  EXPECT_EQ(reason(ask(lines, ward(), kNow_s - 1)), "the client's certificate is not valid yet");
  EXPECT_EQ(reason(ask(lines, ward(), kNow_s + 9)), "accepted");
  EXPECT_EQ(reason(ask(lines, ward(), kNow_s + 10)), "the client's certificate has expired");
}

TEST(Certificate, OfTwoClientsIsNobodys) {
  const auto found =
      ask(line_for("uri:urn:ward:7") + line_for("dns:ward-7.example.org", "b"), ward());
  EXPECT_EQ(reason(found),
            "the tokens file gives the client's certificate the names of two clients");
}

TEST(Certificate, IsNotLookedAtWhereABearerTokenIsPresented) {
  const PeerCertificate shown = ward();
  const auto tokens = Tokens::parse(line_for("uri:urn:ward:7"));
  Issuers none({});
  for (const char* bearer : {"", "unknown"})
    EXPECT_EQ(std::get_if<Denied>(&*std::make_unique<std::variant<SharedIdentity, Denied>>(
                                      authenticate(*tokens, none, {bearer, &shown}, kNow_s)))
                  ->tried,
              Proof::kToken);
}

TEST(TokensFile, RefusesCertificatesThatItCannotMean) {
  for (const char* credential :
       {"dns:", "dns:*.example.org", "sha256:ab", "ip:192.0.2.1", "dns:a b", "subject:"})
    EXPECT_FALSE(Tokens::parse(line_for(credential))) << credential;
  EXPECT_FALSE(Tokens::parse(line_for("dns:A.b") + line_for("dns:a.B", "other")));
}

TEST(Revoked, IsWhoeverALineNamesWhole) {
  const std::string id = "sha256:" + std::string(64, 'a');
  Identity who;
  who.client = "ward-7";
  who.subject = "CN=ward 7";
  who.credential_id = id;
  who.bound_to = "sha256:" + std::string(64, 'b');
  std::vector<std::string> wrong;
  for (const std::string& line :
       {std::string{"client ward-7"}, std::string{"subject CN=ward 7"}, "credential " + id,
        "credential " + who.bound_to, std::string{"oops\r\nclient ward-7 \r\n"}})
    EXPECT_TRUE(Revocations::parse("# left\n" + line, wrong).covers(who)) << line;
  EXPECT_EQ(wrong.size(), 1U);
  EXPECT_TRUE(wrong.at(0).starts_with("line 2: ")) << wrong.at(0);
  for (const char* line :
       {"client ward", "client ward-77", "client CN=ward 7", "subject ward-7", ""})
    EXPECT_FALSE(Revocations::parse(line, wrong).covers(who)) << line;
}

// Lines of a file lose the blanks at their end.
TEST(Revoked, IsASubjectOrJtiThatEndsInABlank) {
  Identity who;
  who.client = "ward-7";
  who.subject = "CN=ward \\ ";
  who.jti = "id ";
  std::vector<std::string> wrong;
  for (const std::string& line :
       {"subject " + who.subject, "jti " + who.jti, std::string{"jti id"}})
    EXPECT_TRUE(Revocations::parse(line + "\n", wrong).covers(who)) << line;
  EXPECT_FALSE(Revocations::parse("jti i\nsubject CN=ward\n", wrong).covers(who));
  EXPECT_TRUE(wrong.empty());
  for (const char* name : {"", " ", "a\n", "a\tb", "\x7f"})
    EXPECT_FALSE(can_be_revoked(name)) << name;
  for (const char* name : {"a", " a b ", "\xc3\xa4"}) EXPECT_TRUE(can_be_revoked(name)) << name;
}

class Revoking : public ::testing::Test {
 protected:
  Revoking() {
    std::string pattern = ::testing::TempDir() + "varve-revoked-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    write("");
  }
  ~Revoking() override { std::filesystem::remove_all(directory); }
  [[nodiscard]] std::string path() const { return (directory / "revoked").string(); }
  void write(const std::string& text) const {
    std::ofstream(path(), std::ios::binary) << text;
    CHECK(::chmod(path().c_str(), 0600) == 0);
  }

  std::filesystem::path directory;
  Journal journal{Level::kError};
};

TEST_F(Revoking, EndsAccessWithTheNextRequestAndALineTakenOutGivesItBack) {
  const HostedLog log{"x", "o", false, nullptr};
  AccessOptions options;
  options.revoked = path();
  Access access(options, *Tokens::parse(*token_line("secret", "a", "append", "*")), journal);
  const auto refused = [&] {
    Caller caller{access.metrics().of("other"), "192.0.2.1"};
    const auto why = access.identify(caller, {Rights::kAppendEvents, Share::kAsker}, log, "secret");
    EXPECT_EQ(caller.client, why ? "" : "a");
    EXPECT_TRUE(!why || std::holds_alternative<UnknownCredential>(*why));
    return why.has_value();
  };
  for (int round = 0; round < 20; ++round) {  // of one size, within one tick of the file's clock
    write("client b\n");
    EXPECT_FALSE(refused());
    write("client a\n");
    EXPECT_TRUE(refused());
  }
  std::filesystem::remove(path());
  EXPECT_TRUE(refused());  // the last list stays in force
  write("nonsense\nclient a\n");
  EXPECT_TRUE(refused());
  EXPECT_NE(access.metrics().text().find(
                R"(varve_credentials_total{kind="token",outcome="accepted"} 20)"),
            std::string::npos);
}

// A listener whose protocol carries no credential: the configuration says who sends.
TEST_F(Revoking, EndsAccessOfAClientThatOnlyTheConfigurationNames) {
  AccessOptions options;
  options.revoked = path();
  options.limits.requests_per_client_max = 1;
  Access access(options, Tokens(), journal);
  const Needs needs{Rights::kAppendEvents, Share::kAsker};
  const HostedLog hosted{"x", "example.org/x"};
  const auto come_from = [&](const std::string& peer) {
    return std::make_unique<Caller>(access.metrics().of("other"), peer);
  };
  const auto first = come_from("192.0.2.1");
  EXPECT_EQ(access.presume(*first, needs, hosted, "devices"), std::nullopt);
  EXPECT_EQ(first->client, "devices");
  EXPECT_EQ(first->authority.whole, Roles::kAppend);
  EXPECT_EQ(access.let_in(*first, needs, 1), std::nullopt);
  // Of another address, which has a share of its own; and of the same one, which has not.
  for (const auto& [peer, limited] : {std::pair{"192.0.2.2", false}, {"192.0.2.1", true}}) {
    const auto next = come_from(peer);
    EXPECT_EQ(access.presume(*next, needs, hosted, "devices"), std::nullopt);
    EXPECT_EQ(access.let_in(*next, needs, 1).has_value(), limited) << peer;
  }
  write("client devices\n");
  const auto refusal = access.presume(*first, needs, hosted, "devices");
  EXPECT_TRUE(refusal && std::holds_alternative<UnknownCredential>(*refusal));
  EXPECT_EQ(access.presume(*come_from("192.0.2.3"), needs, hosted, "others"), std::nullopt);
}

TEST_F(Revoking, AtAStartAnyMistakeIsAnError) {
  EXPECT_TRUE(RevocationFile::load(path()));
  write("client a\nclent b\n");
  const auto wrong = RevocationFile::load(path());
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().message.starts_with(path() + ": line 2: ")) << wrong.error().message;
  std::filesystem::remove(path());
  EXPECT_FALSE(RevocationFile::load(path()));
}

}  // namespace
}  // namespace varve::api
