// One spelling for each value: what the encoder writes is the only text the decoder takes.
#include "ledger/base/text.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

Buffer bytes(std::string_view text) {
  return to_buffer(bytes_of(text));
}

TEST(Base64, IsThatOfTheRfc) {
  // RFC 4648 section 10
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64(bytes_of(plain)), encoded);
    EXPECT_EQ(decode_base64(encoded).value(), bytes(plain));
  }
}

// All texts of four characters from a set that has every kind of character in it: a text that
// decodes is the one that encoding gives back.
TEST(Base64, HasOneSpellingForEachValue) {
  const std::string some = "Aw/+9=B_- \n";
  std::size_t taken = 0;
  for (const char a : some)
    for (const char b : some)
      for (const char c : some)
        for (const char d : some) {
          const std::string text{a, b, c, d};
          const auto decoded = decode_base64(text);
          if (!decoded) continue;
          ++taken;
          EXPECT_EQ(base64(*decoded), text);
        }
  EXPECT_GT(taken, 6u * 6 * 6 * 6 - 1);
}

TEST(Base64, RefusesOtherSpellings) {
  for (const char* wrong : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
                            "Z===", "====", "=Zm9", "Zm=v", "Zm9v====", "Zm9-", "Zm9_"})
    EXPECT_FALSE(decode_base64(wrong)) << wrong;
}

TEST(Base64, OfAHashIsExactly32Bytes) {
  const Hash hash{};
  EXPECT_EQ(decode_base64_hash(base64(hash.view())).value(), hash);
  EXPECT_EQ(decode_base64_hash(base64(Buffer(31))).error().code, Code::kInvalid);
  EXPECT_EQ(decode_base64_hash(base64(Buffer(33))).error().code, Code::kInvalid);
  EXPECT_FALSE(decode_base64_hash(""));
}

TEST(Hex, WritesAndReadsEveryByte) {
  for (int i = 0; i < 256; ++i) {
    const Buffer one{static_cast<std::byte>(i)};
    char expected[3];
    std::snprintf(expected, sizeof expected, "%02x", static_cast<unsigned>(i));
    EXPECT_EQ(hex(one), expected);
    EXPECT_EQ(decode_hex(expected).value(), one);
  }
}

TEST(Hex, RefusesEverythingButLowerCaseDigits) {
  for (const char* wrong : {"a", "abc", "AB", "aB", "0x", "g0", "0g", " 0", "0 "})
    EXPECT_FALSE(decode_hex(wrong)) << wrong;
  EXPECT_FALSE(decode_hex(std::string(1, '\0') + "0"));
  EXPECT_TRUE(decode_hex("").value().empty());
  EXPECT_FALSE(decode_hex_hash("00"));
  EXPECT_TRUE(decode_hex_hash(std::string(64, '0')));
}

TEST(Decimal, TakesEachNumberInOneSpelling) {
  EXPECT_EQ(decode_decimal("0").value(), 0u);
  EXPECT_EQ(decode_decimal("10").value(), 10u);
  EXPECT_EQ(decode_decimal("18446744073709551615").value(), UINT64_MAX);
  for (const char* wrong : {"", "00", "01", "+1", "-1", "-0", " 1", "1 ", "1.0", "0x1", "1e3",
                            "18446744073709551616", "99999999999999999999"})
    EXPECT_FALSE(decode_decimal(wrong)) << wrong;
}

}  // namespace
}  // namespace varve
