// Variables for a token's library: read from the configuration, set in this process.
#include "tools/config/token_config.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tools/varved/config.h"

namespace varve::tools {
namespace {

const std::string kBeforeTokens =
    "[server]\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n"
    "[[log]]\nname = \"a\"\norigin = \"example.org/a\"\nkey = \"pkcs11:object=a\"\n";
const std::string kPlainToken = "module = \"/m\"\ntoken = \"pkcs11:token=v\"\npin = \"env:P\"\n";

Result<Config> with_tokens(const std::string& first, const std::string& second = "") {
  return parse_config(kBeforeTokens + "[hsm]\n" + kPlainToken + first + "\n[[further_hsm]]\n" +
                          kPlainToken + second + "\n",
                      "varved.toml");
}

std::string refusal_of_tokens(const std::string& first, const std::string& second = "") {
  const auto config = with_tokens(first, second);
  return config ? "accepted" : config.error().message;
}

TEST(Environment, OfEveryTokenIsSetAndTakesThePlaceOfWhatWasSet) {
  ASSERT_EQ(::setenv("VARVE_TEST_STORE", "of the shell", 1), 0);
  const auto config =
      with_tokens("environment = {VARVE_TEST_STORE = \"/a b\", VARVE_TEST_EMPTY = \"\"}",
                  "environment = {VARVE_TEST_OTHER = \"=#\"}");
  ASSERT_TRUE(config) << config.error().message;
  const auto variables = variables_of(config->hsm, config->further_hsms);
  ASSERT_TRUE(variables && set_environment(*variables));
  EXPECT_STREQ(std::getenv("VARVE_TEST_STORE"), "/a b");
  EXPECT_STREQ(std::getenv("VARVE_TEST_EMPTY"), "");
  EXPECT_STREQ(std::getenv("VARVE_TEST_OTHER"), "=#");
}

TEST(Environment, HasOneValueForEachVariable) {
  EXPECT_EQ(refusal_of_tokens("environment = {A = \"1\"}", "environment = {A = \"1\"}"),
            "accepted");
  EXPECT_EQ(refusal_of_tokens("environment = {A = \"1\"}", "environment = {A = \"2\"}"),
            "varved.toml: two tokens give the variable A different values in their `environment`, "
            "and a process has one");
}

TEST(Environment, HoldsNoPin) {
  EXPECT_NE(refusal_of_tokens("environment = {P = \"1234\"}").find("which is a PIN"),
            std::string::npos);
  EXPECT_EQ(refusal_of_tokens("environment = {P = \"1234\"}").find("1234"), std::string::npos);
}

TEST(Environment, IsATableOfNamesAndTexts) {
  for (const char* wrong : {"environment = \"A=1\"", "environment = {A = 1}",
                            "environment = {\"A=B\" = \"1\"}", "environment = {\"\" = \"1\"}",
                            "environment = {1A = \"1\"}", "environment = {A = \"\\u0000\"}"})
    EXPECT_NE(refusal_of_tokens(wrong).find("environment is a table of variables and their values"),
              std::string::npos)
        << wrong << ": " << refusal_of_tokens(wrong);
}

}  // namespace
}  // namespace varve::tools
