// Text that a server, a file or a bundle chose, on its way to a terminal.
#include "ledger/base/visible.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/format/json.h"

namespace varve::format {
namespace {

std::string utf8(char32_t c) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xc0 | c >> 6), byte(0x80 | (c & 0x3f))};
  if (c < 0x10000)
    return {byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 0x3f)), byte(0x80 | (c & 0x3f))};
  return {byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 0x3f)), byte(0x80 | (c >> 6 & 0x3f)),
          byte(0x80 | (c & 0x3f))};
}

bool is_printable_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

TEST(Visible, IsOrdinaryTextOfAnyLanguageAsItWas) {
  for (const char* text :
       {"", "record 7: seal", "Größe, naïve, Ωμέγα, שלום, سلام, 漢字, 😀", "\\x1b"})
    EXPECT_EQ(visible(text), text);
}

TEST(Visible, SpellsOutWhatMovesTurnsOrHides) {
  EXPECT_EQ(visible("a\x1b[2Jb\r\n\t\x7f"), "a\\x1b[2Jb\\x0d\\x0a\\x09\\x7f");
  EXPECT_EQ(visible_lines("a\nb\x1b"), "a\nb\\x1b");
  EXPECT_EQ(visible("\xc2\x9b"
                    "31m"),
            "\\u009b31m")
      << "CSI in one character";
  EXPECT_EQ(visible("a\u202eb\u2066c\u200fd\ufeff"), "a\\u202eb\\u2066c\\u200fd\\ufeff");
  EXPECT_EQ(visible("\U000e0041"), "\\U000e0041");
  EXPECT_EQ(visible(std::string("\0", 1)), "\\x00");
}

// Unicode's Bidi_Control and all controls, each of them.
TEST(Visible, LetsNoControlAndNoDirectionThrough) {
  std::vector<char32_t> hidden = {0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff};
  for (char32_t c = 0; c < 0x20; ++c) hidden.push_back(c);
  for (char32_t c = 0x7f; c < 0xa0; ++c) hidden.push_back(c);
  for (char32_t c = 0x202a; c <= 0x202e; ++c) hidden.push_back(c);
  for (char32_t c = 0x2066; c <= 0x2069; ++c) hidden.push_back(c);
  for (const char32_t c : hidden) {
    EXPECT_TRUE(is_printable_ascii(visible(utf8(c)))) << static_cast<unsigned>(c);
    const std::string quoted = json_quoted(utf8(c));
    EXPECT_TRUE(is_printable_ascii(quoted)) << static_cast<unsigned>(c);
    EXPECT_TRUE(Json::parse("{\"a\":" + quoted + "}")->text("a").value() == utf8(c));
  }
}

TEST(Visible, SpellsOutEveryByteThatIsNotUtf8) {
  for (int lead = 0x80; lead < 0x100; ++lead) {
    const std::string alone(1, static_cast<char>(lead));
    EXPECT_TRUE(is_printable_ascii(visible(alone)));
    EXPECT_TRUE(is_printable_ascii(visible(alone + "a")));
    EXPECT_EQ(visible(alone + "a").back(), 'a') << "nothing is swallowed";
    EXPECT_TRUE(Json::parse("{\"a\":" + json_quoted(alone) + "}"));
  }
  EXPECT_EQ(visible("\xc0\x8a"), "\\xc0\\x8a") << "a newline spelled too long";
  EXPECT_EQ(visible("\xe0\x80\x8a"), "\\xe0\\x80\\x8a");
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "half of a pair";
  EXPECT_EQ(visible("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
}

}  // namespace
}  // namespace varve::format
