// What the report of access says, and what a reviewer should ask about.
#include "tools/varved/access_review.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"
#include "ledger/rules/grants.h"
#include "tests/audit/temporary_directory.h"
#include "tools/varved/recorded_grants.h"

namespace varve::tools {
namespace {

const std::string kReviewed =
    "[server]\nplain_http = true\ndata = \"DATA\"\ntokens = \"/t\"\n"
    "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n"
    "[[listener]]\nkind = \"relp\"\nlisten = \"127.0.0.1:1\"\nlog = \"a\"\nclient = \"devices\"\n"
    "[[issuer]]\nissuer = \"https://idp\"\naudience = [\"v\"]\nalgorithms = [\"ES256\"]\n"
    "keys = \"/k\"\n"
    "[[issuer.grant]]\nvalue = \"admin\"\nroles = [\"operate\"]\nlogs = [\"*\"]\n"
    "[[issuer.grant]]\nvalue = \"board\"\nroles = [\"approve\"]\nlogs = [\"*\"]\n";

class AccessReview : public ::testing::Test {
 protected:
  AccessReview() {
    std::string text = kReviewed;
    text.replace(text.find("DATA"), 4, directory_.path());
    config = *parse_config(text, "varved.toml");
    std::filesystem::create_directory(directory_.file("a"));
  }
  [[nodiscard]] api::Tokens tokens() const { return *api::Tokens::parse(lines); }
  LogReview review() {
    std::vector<std::string> wrong;
    auto out = review_access(config, tokens(), api::Revocations::parse(revoked, wrong));
    CHECK(out && out->size() == 1);
    return out->front();
  }
  /// As a start would, at that time.
  void record(std::uint64_t time_us) {
    newest_ = {LeafIndex{7}, rules::next_grants(newest_ ? &*newest_ : nullptr, "example.org/a",
                                                configured_grants(config, tokens(), "a"), time_us)};
    std::ofstream(directory_.file("a/grants")) << format::grants_text(newest_->grants);
  }
  static std::string of(const LogReview& review, const std::string& who) {
    std::string out;
    for (const auto& [granted, revoked] : review.grants)
      if (granted.grant.who == who)
        out += granted.grant.proof + " " + granted.grant.role + " " +
               std::to_string(granted.since_us) + (revoked ? " revoked\n" : "\n");
    return out;
  }

  Config config;
  std::string lines = *api::token_line("t", "ann", "operate", "a") + "\n";
  std::string revoked;

 private:
  TemporaryDirectory directory_;
  std::optional<rules::GrantsAt> newest_;
};

TEST_F(AccessReview, SaysSinceWhenByTheNewestRecordOrThatThereIsNone) {
  EXPECT_EQ(review().recorded_us, std::nullopt);
  EXPECT_FALSE(review().as_recorded);
  EXPECT_EQ(of(review(), "ann"), "token operate 0\n");
  record(10);
  EXPECT_TRUE(review().as_recorded);
  lines += *api::token_line("u", "bob", "read", "a") + "\n";
  EXPECT_FALSE(review().as_recorded);
  EXPECT_EQ(of(review(), "ann"), "token operate 10\n");
  EXPECT_EQ(of(review(), "bob"), "token read 0\n");
  record(20);
  EXPECT_EQ(review().recorded_us, 20U);
  EXPECT_EQ(of(review(), "ann"), "token operate 10\n");
  EXPECT_EQ(of(review(), "bob"), "token read 20\n");
}

TEST_F(AccessReview, NamesWhoIsOperatorAndApproverByWhateverCredentials) {
  EXPECT_TRUE(review().both.empty());
  EXPECT_EQ(review().issuers_of_both, std::vector<std::string>{"https://idp"});
  lines += "ann approve * cert-dns:ann.example.org\n";
  EXPECT_EQ(review().both, std::vector<std::string>{"ann"});
  revoked = "client ann\n";
  EXPECT_TRUE(review().both.empty()) << "she can do neither";
}

TEST_F(AccessReview, ShowsAsRevokedWhatEveryCredentialOfAGrantHasLost) {
  lines += *api::token_line("u", "ann", "operate", "a") + "\n";
  lines += "ward append a cert-subject:CN=ward,O=Example\n";
  revoked = "credential sha256:" + hex(merkle::sha256(bytes_of("t")).view()) + "\n";
  EXPECT_EQ(of(review(), "ann"), "token operate 0\n") << "the other token still gives it";
  revoked += "credential sha256:" + hex(merkle::sha256(bytes_of("u")).view()) + "\n";
  revoked += "subject CN=ward,O=Example\nclient devices\n";
  EXPECT_EQ(of(review(), "ann"), "token operate 0 revoked\n");
  EXPECT_EQ(of(review(), "ward"), "certificate append 0 revoked\n");
  EXPECT_EQ(of(review(), "devices"), "listener append 0 revoked\n");
  EXPECT_EQ(of(review(), "everyone"), "open proofs 0\n");
}

}  // namespace
}  // namespace varve::tools
