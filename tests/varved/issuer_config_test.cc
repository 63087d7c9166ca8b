// [[issuer]] of varved.toml: what it sets, and that every mistake is named.
#include "tools/varved/issuer_config.h"

#include <gtest/gtest.h>

#include "tools/varved/config.h"

namespace varve::tools {
namespace {

const std::string kServed =
    "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n"
    "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n";
const std::string kName = "[[issuer]]\nissuer = \"https://idp\"\n";
const std::string kAudience = "audience = [\"varve\"]\n";
const std::string kAlgorithms = "algorithms = [\"ES256\"]\n";
const std::string kKeys = "keys = \"/k\"\n";
const std::string kIssuer = kName + kAudience + kAlgorithms + kKeys;
const std::string kUrl = kName + kAudience + kAlgorithms + "keys_url = \"https://idp/keys\"\n";
const std::string kGrant = "[[issuer.grant]]\nvalue = \"v\"\nroles = [\"read\"]\nlogs = [\"a\"]\n";

std::string problem_of(const std::string& text) {
  const auto config = parse_config(kServed + text, "varved.toml");
  return config ? "accepted" : config.error().message;
}

TEST(IssuerConfig, TheLeastThatIsNeeded) {
  const auto config = parse_config(kServed + kIssuer + kGrant, "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->issuers.size(), 1U);
  const api::IssuerOptions& issuer = config->issuers[0].options;
  EXPECT_EQ(config->issuers[0].keys, "/k");
  EXPECT_EQ(issuer.types, std::vector<std::string>{"at+jwt"});
  EXPECT_EQ(issuer.algorithms, std::vector{api::JwsAlgorithm::kEs256});
  EXPECT_EQ(issuer.skew_s, 60U);
  EXPECT_FALSE(issuer.certificate_bound);
  EXPECT_FALSE(issuer.smart);
  ASSERT_EQ(issuer.grants.size(), 1U);
  EXPECT_EQ(issuer.grants[0].claim, "scope");
  EXPECT_EQ(issuer.grants[0].permission.roles, api::Roles::kRead);
  EXPECT_EQ(issuer.grants[0].permission.logs, std::vector<std::string>{"a"});
}

TEST(IssuerConfig, EverythingThatCanBeSet) {
  const auto config = parse_config(
      kServed + kName + "audience = [\"a\", \"b\"]\nalgorithms = [\"RS256\", \"EdDSA\"]\n" + kKeys +
          "types = [\"JWT\"]\nskew_s = 0\nacr = [\"gold\"]\namr = [\"mfa\", \"hwk\"]\n"
          "certificate_bound = true\nclient_claim = \"azp\"\nclient_prefix = \"idp/\"\n"
          "smart_logs = [\"*\"]\n[[issuer.grant]]\nclaim = \"groups\"\nvalue = \"v\"\n"
          "roles = [\"read\", \"append\"]\nlogs = [\"*\"]\nsources = [\"ward7/pacs\"]\n"
          "[[issuer]]\nissuer = \"other\"\n" +
          kAudience + kAlgorithms + kKeys + "smart_logs = [\"a\"]\n",
      "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->issuers.size(), 2U);
  const api::IssuerOptions& issuer = config->issuers[0].options;
  EXPECT_EQ(issuer.types, std::vector<std::string>{"jwt"});
  EXPECT_EQ(issuer.skew_s, 0U);
  EXPECT_EQ(issuer.amr.size(), 2U);
  EXPECT_EQ(issuer.client_prefix, "idp/");
  EXPECT_TRUE(issuer.smart->logs.empty());
  EXPECT_EQ(issuer.grants[0].permission.roles, api::Roles::kRead | api::Roles::kAppend);
  EXPECT_TRUE(issuer.grants[0].permission.logs.empty());
  EXPECT_EQ(issuer.grants[0].permission.sources, std::vector<std::string>{"ward7/pacs"});
  EXPECT_EQ(config->issuers[1].options.smart->logs, std::vector<std::string>{"a"});
}

TEST(IssuerConfig, OfKeysUnderAnAddressIsCheckedWithoutAskingAnybody) {
  const std::string ca = ::testing::TempDir() + "no-such-ca.pem";
  const auto config =
      parse_config(kServed + kUrl + "keys_interval_s = 60\nkeys_age_max_s = 61\nkeys_ca = \"" + ca +
                       "\"\n" + kGrant,
                   "varved.toml");
  ASSERT_TRUE(config) << config.error().message;
  IssuerConfig issuer = config->issuers[0];
  EXPECT_EQ(issuer.keys_url.peer.url, "https://idp/keys");
  EXPECT_EQ(issuer.keys_url.interval_s, 60U);
  EXPECT_EQ(issuer.keys_url.age_max_s, 61U);
  EXPECT_NE(check_issuer(issuer).error().message.find(ca), std::string::npos);
  issuer.keys_url.peer.ca_file.clear();
  EXPECT_TRUE(check_issuer(issuer));
  issuer.keys_url.peer.url = "http://idp/keys";
  EXPECT_NE(check_issuer(issuer).error().message.find("https"), std::string::npos);
}

// A reload finds them in another order: what was fetched stays with whoever it is of.
TEST(IssuerConfig, InAnotherOrderKeepTheirKeys) {
  const auto of = [](const std::string& name, const std::string& keys) {
    IssuerConfig issuer;
    issuer.options.issuer = name;
    issuer.keys = keys;
    return issuer;
  };
  api::Journal journal{api::Level::kError};
  const std::vector<IssuerConfig> before = {of("a", "/k1"), of("b", "/k2")};
  const auto opened = open_issuers(before, journal);
  const auto again =
      open_issuers({of("b", "/k2"), of("a", "/k1"), of("c", "/k3")}, journal, before, opened);
  ASSERT_EQ(again.size(), 3U);
  EXPECT_EQ(again[0].keys, opened[1].keys);
  EXPECT_EQ(again[1].keys, opened[0].keys);
  EXPECT_NE(again[2].keys, opened[0].keys);
  EXPECT_EQ(again[0].issuer, "b");
}

TEST(IssuerConfig, NamesEveryMistake) {
  const std::pair<std::string, const char*> table[] = {
      {kName + kAlgorithms + kKeys + kGrant, "[[issuer]] needs the key audience"},
      {kName + kAudience + kKeys + kGrant, "[[issuer]] needs the key algorithms"},
      {kName + kAudience + kAlgorithms + kGrant,
       "the issuer https://idp needs its keys from one place: set keys or keys_url"},
      {kIssuer + "keys_url = \"https://idp/keys\"\n" + kGrant, "set keys or keys_url"},
      {kIssuer + "keys_ca = \"/ca\"\n" + kGrant, "keys_ca is of use with keys_url alone"},
      {kUrl + "keys_interval_s = 600\nkeys_age_max_s = 599\n" + kGrant,
       "keys_age_max_s is less than keys_interval_s"},
      {kUrl + "keys_interval_s = 59\n" + kGrant, "keys_interval_s is a whole number from 60"},
      {kName + "audience = []\n" + kAlgorithms + kKeys + kGrant, "audience is a list of texts"},
      {kName + "audience = \"a\"\n" + kAlgorithms + kKeys + kGrant, "audience is a list of texts"},
      {kName + "audience = [\"\"]\n" + kAlgorithms + kKeys + kGrant, "audience is a list of texts"},
      {kName + kAudience + "algorithms = [\"HS256\"]\n" + kKeys + kGrant,
       "an algorithm is RS256, PS256, ES256 or EdDSA, not HS256"},
      {kName + kAudience + "algorithms = [\"none\"]\n" + kKeys + kGrant, "not none"},
      {kName + kAudience + "algorithms = [\"ES256\", \"ES256\"]\n" + kKeys + kGrant, "twice"},
      {kIssuer + "types = [\"id+jwt\"]\n" + kGrant, "a type of token is at+jwt or JWT, not id+jwt"},
      {kIssuer + "skew_s = 301\n" + kGrant, "skew_s is a whole number from 0 to 300"},
      {kIssuer + "alogrithms = []\n" + kGrant, "is it algorithms?"},
      {kIssuer, "the issuer https://idp grants nothing: add an [[issuer.grant]], or smart_logs"},
      {kIssuer + kGrant + kIssuer + kGrant, "two issuers are named https://idp"},
      {kIssuer + "smart_logs = [\"a\", \"*\"]\n", "the log * is every log, and stands alone"},
      {kIssuer + "smart_logs = [\"b\"]\n", "grants roles on the log b, which no [[log]] is"},
      {kIssuer + "[[issuer.grant]]\nvalue = \"v\"\nroles = [\"read\"]\nlogs = [\"b\"]\n",
       "grants roles on the log b, which no [[log]] is"},
      {kIssuer + "[[issuer.grant]]\nvalue = \"v\"\nroles = [\"root\"]\nlogs = [\"a\"]\n",
       "the roles are append, read, proofs, operate, hold, approve and breakglass"},
      {kIssuer + "[[issuer.grant]]\nvalue = \"v\"\nroles = [\"hold\"]\nlogs = [\"a\"]\nsources = "
                 "[\"w\"]\n",
       "append and read alone can be limited to sources"},
      {kIssuer + kGrant + "sources = [\"W\"]\n", "a source"},
      {kIssuer + "[[issuer.grant]]\nroles = [\"read\"]\nlogs = [\"a\"]\n",
       "[[issuer.grant]] needs the key value"},
      {kIssuer + "grant = 1\n", "each entry is a table of its own: [[issuer.grant]]"},
      {"[issuer]\nissuer = \"x\"\n", "each entry is a table of its own: [[issuer]]"},
  };
  for (const auto& [text, part] : table) {
    const std::string message = problem_of(text);
    EXPECT_NE(message.find(part), std::string::npos) << message << "\nnot: " << part;
    EXPECT_EQ(message.find(": line ", message.find("line ")), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace varve::tools
