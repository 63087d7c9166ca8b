// JSON by its grammar, held against a parser that makes values: every short text over an alphabet
// that reaches every rule.
#include "tools/collect/json_text.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/format/json.h"

namespace varve::collect {
namespace {

// Written once more, as the grammar of RFC 8259 has it, by descent.
class Grammar {
 public:
  explicit Grammar(std::string_view text) : rest_(text) {}
  bool document() { return value() && (space(), rest_.empty()); }

 private:
  void space() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_[0]) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool is(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool value() {
    space();
    if (is("{"))
      return list('}', [&] { return (space(), string()) && (space(), is(":")) && value(); });
    if (is("[")) return list(']', [&] { return value(); });
    if (rest_.starts_with('"')) return string();
    return is("true") || is("null") || number();
  }
  bool list(char end, const std::function<bool()>& item) {
    const std::string close(1, end);
    space();
    if (is(close)) return true;
    do {
      if (!item()) return false;
      space();
    } while (is(","));
    return is(close);
  }
  bool string() {
    if (!is("\"")) return false;
    while (!rest_.empty() && rest_[0] != '"') {
      if (is("\\")) {
        if (rest_.empty() ||
            std::string_view("\"\\/bfnrt").find(rest_[0]) == std::string_view::npos)
          return false;
      } else if (static_cast<unsigned char>(rest_[0]) < 0x20) {
        return false;
      }
      rest_.remove_prefix(1);
    }
    return is("\"");
  }
  bool digits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') rest_.remove_prefix(1);
    return rest_.size() < before;
  }
  bool number() {
    is("-");
    if (!is("0") && !digits()) return false;
    if (is(".") && !digits()) return false;
    if (!is("e") && !is("E")) return true;
    if (!is("+")) is("-");
    return digits();
  }
  std::string_view rest_;
};

void every_text(const std::vector<std::string>& pieces, std::size_t most, const std::string& text,
                const std::function<void(const std::string&)>& look) {
  look(text);
  if (most == 0) return;
  for (const std::string& piece : pieces) every_text(pieces, most - 1, text + piece, look);
}

TEST(JsonText, IsWhatTheGrammarSaysOfEveryShortText) {
  const std::vector<std::string> structure = {"{",     "}", "[", "]",    ",", ":",
                                              "\"a\"", "1", " ", "true", "x"};
  const std::vector<std::string> numbers = {"0", "1", "-", "+", ".", "e", "E", ",", "["};
  const std::vector<std::string> strings = {"\"", "\\", "u", "/", "a", "\n", "0"};
  std::uint64_t taken = 0;
  for (const auto* pieces : {&structure, &numbers, &strings})
    every_text(*pieces, 5, "", [&](const std::string& text) {
      const bool is_json = Grammar(text).document();
      ASSERT_EQ(kind_of_json(text) != JsonText::kNone, is_json) << text;
      taken += is_json ? 1 : 0;
    });
  EXPECT_GT(taken, 500u);
}

TEST(JsonText, SaysWhatItIs) {
  EXPECT_EQ(kind_of_json("1"), JsonText::kOther);
  EXPECT_EQ(kind_of_json(" [] "), JsonText::kArray);
  EXPECT_EQ(kind_of_json("{}\r"), JsonText::kObject);
  const char* const resources[] = {
      R"({"resourceType":"A"})", R"({"a":{"b":[1]},"resourceType" : "A","c":1})",
      R"({"resource\u0054ype":"A"})", R"({"\u0072\u0065sourceType":""})"};
  for (const char* text : resources) EXPECT_EQ(kind_of_json(text), JsonText::kFhirResource) << text;
  const char* const others[] = {
      R"({"resourceType":1})",         R"({"resourceType":["A"]})",
      R"({"resourceType":{"a":"A"}})", R"({"a":{"resourceType":"A"}})",
      R"({"resourcetype":"A"})",       R"({"a":"resourceType"})",
      R"({"resource\u0074ype":"A"})",  R"({"resourceType":null,"b":"A"})"};
  for (const char* text : others) EXPECT_EQ(kind_of_json(text), JsonText::kObject) << text;
}

// Every character outside ASCII, and every two bytes that look like the beginning of one.
TEST(JsonText, IsUtf8) {
  for (int first = 0x80; first < 0x100; ++first)
    for (int second = 0; second < 0x100; ++second)
      for (const std::string& tail :
           {std::string(), std::string("\x80"), std::string("\xbf\x80")}) {
        const std::string text =
            std::string("\"") + static_cast<char>(first) + static_cast<char>(second) + tail + "\"";
        if (second < 0x20 || second == '"' || second == '\\') continue;
        EXPECT_EQ(kind_of_json(text) != JsonText::kNone, format::Json::parse(text).has_value())
            << first << " " << second << " " << tail.size();
      }
}

TEST(JsonText, IsNestedAsDeepAsARecordIsLarge) {
  const std::string deep(30'000, '[');
  EXPECT_EQ(kind_of_json(deep + std::string(30'000, ']')), JsonText::kArray);
  EXPECT_EQ(kind_of_json(deep), JsonText::kNone);
  EXPECT_EQ(kind_of_json(deep + std::string(29'999, ']')), JsonText::kNone);
}

TEST(JsonText, EndsWhereverItIsCut) {
  const std::string whole = R"({"a":[1,-2.5e3,{"b":null}],"c":"\u0041\n","d":true,"e":"ä€😀"})";
  ASSERT_EQ(kind_of_json(whole), JsonText::kObject);
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_EQ(kind_of_json(whole.substr(0, cut)), JsonText::kNone) << cut;
  for (std::size_t at = 0; at <= whole.size(); ++at)
    EXPECT_EQ(kind_of_json(std::string(whole).insert(at, 1, '\0')), JsonText::kNone) << at;
}

}  // namespace
}  // namespace varve::collect
