// The strict reading of JSON answers.
#include "ledger/format/json.h"

#include <gtest/gtest.h>

namespace varve::format {
namespace {

TEST(Json, GivesMembersOfTheTypeAskedFor) {
  const auto json = Json::parse(
      R"({"t":"a\u00e9","n":18446744073709551615,"l":["x","y"],"o":[{"k":1},{}],"b":"AAE="})");
  ASSERT_TRUE(json);
  EXPECT_EQ(*json->text("t"), "aé");
  EXPECT_EQ(*json->number("n"), 18446744073709551615U);
  EXPECT_EQ(*json->texts("l"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(*json->objects("o")->at(0).number("k"), 1U);
  EXPECT_EQ(json->base64_bytes("b")->size(), 2U);
  EXPECT_TRUE(json->has("t"));
  EXPECT_FALSE(json->has("T"));
}

TEST(Json, RefusesAMemberThatIsMissingOrOfAnotherType) {
  const auto json = Json::parse(R"({"s":"x","neg":-1,"f":1.0,"null":null,"mixed":["x",1]})");
  ASSERT_TRUE(json);
  for (const char* key : {"none", "s", "neg", "f", "null"}) EXPECT_FALSE(json->number(key)) << key;
  for (const char* key : {"none", "neg", "null", "mixed"}) EXPECT_FALSE(json->text(key)) << key;
  EXPECT_FALSE(json->texts("mixed"));
  EXPECT_FALSE(json->objects("mixed"));
  EXPECT_FALSE(json->base64_bytes("s"));
}

TEST(Json, RefusesWhatIsNotJsonOrSaysAThingTwice) {
  for (const char* text :
       {"", "{", "{}x", R"({"a":1,"a":2})", R"([{"a":1,"a":1}])", "{\"a\":\"\xff\"}"})
    EXPECT_FALSE(Json::parse(text)) << text;
  EXPECT_FALSE(Json::parse({}));
  EXPECT_TRUE(Json::parse(std::string(30, '[') + std::string(30, ']')));
  EXPECT_FALSE(Json::parse(std::string(60, '[') + std::string(60, ']')));
}

TEST(JsonQuoted, EscapesWhatJsonDemands) {
  EXPECT_EQ(json_quoted("a\"b\\c\n\x01é"), R"("a\"b\\c\n\u0001é")");
}

}  // namespace
}  // namespace varve::format
