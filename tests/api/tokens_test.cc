// The tokens file: which client may do what.
#include "api/access/tokens.h"

#include <gtest/gtest.h>

#include "api/http.h"
#include "ledger/base/text.h"
#include "ledger/merkle/tree.h"

namespace varve::api {
namespace {

std::string client_of(const Tokens& tokens, std::string_view token) {
  const SharedIdentity found = tokens.with_token(token);
  return found ? found->client : "";
}

Roles roles_of(const Tokens& tokens, std::string_view token, std::string_view log) {
  const SharedIdentity found = tokens.with_token(token);
  return found ? found->on(log).whole : Roles::kNone;
}

std::string grant(const char* token, const char* name, const char* roles, const char* logs) {
  return *token_line(token, name, roles, logs) + "\n";
}

TEST(Tokens, GiveRolesPerLog) {
  const auto tokens =
      Tokens::parse("# clients\n\n" + grant("t1", "a", "append", "x,y") +
                    grant("t1", "a", "read", "y") + grant("t2", "b", "read,operate", "*"));
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(client_of(*tokens, "t1"), "a");
  EXPECT_EQ(client_of(*tokens, "t2"), "b");
  EXPECT_EQ(client_of(*tokens, "t3"), "");
  EXPECT_EQ(roles_of(*tokens, "t1", "x"), Roles::kAppend);
  EXPECT_EQ(roles_of(*tokens, "t1", "y"), Roles::kAppend | Roles::kRead);
  EXPECT_EQ(roles_of(*tokens, "t1", "z"), Roles::kNone);
  EXPECT_EQ(roles_of(*tokens, "t2", "z"), Roles::kRead | Roles::kOperate);
  EXPECT_EQ(roles_of(*tokens, "t3", "x"), Roles::kNone);
}

TEST(Tokens, GiveRolesForSourcesOfALog) {
  const auto tokens = Tokens::parse(
      grant("t", "a", "append,read", "x:ward7/pacs,y") + grant("t", "a", "read", "x:ward8") +
      grant("t", "a", "proofs", "*") + grant("u", "b", "append", "*:ward7/pacs"));
  ASSERT_TRUE(tokens) << tokens.error().message;
  const Authority on_x = tokens->with_token("t")->on("x");
  EXPECT_EQ(on_x.whole, Roles::kProofs);
  EXPECT_EQ(on_x.on("ward7/pacs"), Roles::kAppend | Roles::kRead | Roles::kProofs);
  EXPECT_EQ(on_x.on("ward8"), Roles::kRead | Roles::kProofs);
  EXPECT_EQ(on_x.on("ward"), Roles::kProofs);
  EXPECT_EQ(on_x.on(std::nullopt), Roles::kProofs);
  EXPECT_EQ(on_x.anywhere(), Roles::kAppend | Roles::kRead | Roles::kProofs);
  EXPECT_EQ(roles_of(*tokens, "t", "y"), Roles::kAppend | Roles::kRead | Roles::kProofs);
  EXPECT_EQ(tokens->with_token("u")->on("z").on("ward7/pacs"), Roles::kAppend);
}

TEST(Tokens, TwoTokensMayBelongToOneClient) {
  const auto tokens =
      Tokens::parse(grant("old", "a", "append", "x") + grant("new", "a", "append", "x"));
  ASSERT_TRUE(tokens);
  EXPECT_EQ(client_of(*tokens, "old"), client_of(*tokens, "new"));
}

TEST(Tokens, TheFileHoldsTheHashOfTheTokenOnly) {
  const std::string line = *token_line("secret-token", "a", "append", "x");
  EXPECT_EQ(line.find("secret-token"), std::string::npos);
  EXPECT_TRUE(line.ends_with("sha256:" + hex(merkle::sha256(bytes_of("secret-token")).view())));
}

TEST(Tokens, NameTheLineThatIsWrong) {
  const std::string hash(64, 'a');
  std::vector<std::string> lines = {"a append x", "a append x sha256:" + hash.substr(1),
                                    "a append x sha256:" + std::string(64, 'A')};
  for (const char* start :
       {"a append x md5:", "a write x sha256:", "a append, x sha256:", "a append,,read x sha256:",
        "a append x,,y sha256:", "a append ,x sha256:", "a! append x sha256:",
        "a append x* sha256:", "a append x more sha256:", "a append x,* sha256:",
        "a append x: sha256:", "a append x:Ward sha256:", "a append x:w:v sha256:",
        "a operate x:w sha256:", "a read,hold x:w sha256:", "a proofs x,y:w sha256:",
        "a append :w sha256:"})
    lines.push_back(start + hash);
  for (const std::string& wrong : lines) {
    const auto tokens = Tokens::parse("# one\n" + wrong + "\n");
    ASSERT_FALSE(tokens) << wrong;
    EXPECT_TRUE(tokens.error().message.starts_with("line 2: ")) << tokens.error().message;
    EXPECT_EQ(tokens.error().message.find(hash), std::string::npos);
  }
}

TEST(Tokens, OneTokenHasOneHolder) {
  EXPECT_FALSE(Tokens::parse(grant("t", "a", "append", "x") + grant("t", "b", "append", "x")));
}

TEST(MakeToken, IsLongRandomAndAGoodBearerToken) {
  const std::string one = make_token();
  EXPECT_NE(one, make_token());
  EXPECT_GE(one.size(), 64U);
  EXPECT_EQ(bearer_token("Bearer " + one), one);
}

TEST(BearerToken, IsTakenFromNothingElse) {
  EXPECT_EQ(bearer_token("bearer t"), "t");
  EXPECT_EQ(bearer_token("BEARER t"), "t");
  for (const char* other :
       {"", "Bearer", "Bearer ", "Basic dDp0", "Bearer a b", "Bearert", "Bearer \x01"})
    EXPECT_EQ(bearer_token(other), "") << other;
  std::string too_long(9'000, 'a');  // more than a JWT may have
  too_long.replace(0, 7, "Bearer ");
  EXPECT_EQ(bearer_token(too_long), "");
}

}  // namespace
}  // namespace varve::api
