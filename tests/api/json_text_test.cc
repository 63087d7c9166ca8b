// JSON that the server writes, into answers and into its log lines: it says what it was given, and
// no terminal obeys it.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>

#include "api/common/json.h"
#include "ledger/base/visible.h"

namespace varve::api {
namespace {

std::string as_utf8(char32_t c) {
  const auto byte = [](char32_t bits) {
    return static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
  return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
}

/// Controls, and what turns the direction of writing. Source: Unicode 15, Cc and Bidi_Control.
bool is_obeyed(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

// Every character of two or three bytes, and all of ASCII.
TEST(JsonText, SaysEveryCharacterAndShowsNoneThatATerminalObeys) {
  simdjson::dom::parser parser;
  for (char32_t c = 0; c <= 0xffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    const std::string text = "a" + as_utf8(c) + "b";
    const std::string json = json_text(text);
    std::string_view back;
    ASSERT_EQ(parser.parse("[" + json + "]").at(0).get(back), simdjson::SUCCESS) << json;
    ASSERT_EQ(back, text);
    if (is_obeyed(c)) {
      ASSERT_TRUE(std::ranges::all_of(json, [](char k) { return k >= 0x20 && k < 0x7f; })) << json;
    }
    if (is_visible(c) && c != '"' && c != '\\') {
      ASSERT_EQ(json, "\"" + text + "\"");
    }
  }
}

}  // namespace
}  // namespace varve::api
