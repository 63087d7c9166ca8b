// Texts of grants: what is parsed formats to the same text, and nothing else is parsed.
#include "ledger/format/grants.h"

#include <gtest/gtest.h>

#include "ledger/base/text.h"

namespace varve::format {
namespace {

Grants some_grants() {
  return {"log.example",
          LeafIndex{7},
          50,
          {{{"certificate", "append", "ward7/pacs", "ward-7"}, 20},
           {{"jwt", "read", "", "https://idp scope=varve.read"}, 50},
           {{"open", "proofs", "", "everyone"}, 30},
           {{"token", "hold", "", "legal"}, 10}},
          2,
          {}};
}

TEST(Grants, AreReadAsTheyWereWritten) {
  Grants grants = some_grants();
  EXPECT_EQ(*parse_grants(grants_text(grants)), grants);
  grants.previous.reset();
  grants.more = 0;
  grants.grants.clear();
  EXPECT_EQ(*parse_grants(grants_text(grants)), grants);
  EXPECT_EQ(grant_line(some_grants().grants[0].grant), "certificate append ward7/pacs ward-7\n");
}

TEST(Grants, ACutTextIsAnotherTextOrNone) {
  const std::string text = grants_text(some_grants());
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto parsed = parse_grants(std::string_view(text).substr(0, cut));
    if (parsed) {
      EXPECT_EQ(grants_text(*parsed), text.substr(0, cut));
    }
  }
}

TEST(Grants, OfAnotherShapeAreRefused) {
  const std::string text = grants_text(some_grants());
  const std::pair<const char*, const char*> changes[] = {
      {"grants v1", "grants v2"},
      {"origin log.example", "origin log example"},
      {"previous 7", "previous 07"},
      {"previous 7", "previous "},
      {"time 50", "time -1"},
      {"grant 20", "grant 020"},
      {"20 certificate", "20 letter"},
      {" append ", " Append "},
      {" append ", " appendappendappendx "},
      {" append ", "  "},
      {" ward7/pacs ", " Ward "},
      {" ward-7\n", " \n"},
      {" ward-7\n", "  ward-7\n"},
      {" ward-7\n", " ward-7 \n"},
      {" ward-7\n", " ward\t7\n"},
      {"grant 10 token", "grant 10 certificate"},  // not in order
      {"grant 50 jwt read * https://idp scope=varve.read\n",
       "grant 20 certificate append ward7/pacs ward-7\n"},  // twice
      {"more 2", "more 0"},
      {"more 2 00", "more 2 0"},
      {"more 2", "some 2"},
  };
  for (const auto& [from, to] : changes) {
    std::string other = text;
    ASSERT_NE(other.find(from), std::string::npos) << from;
    other.replace(other.find(from), std::string_view(from).size(), to);
    EXPECT_FALSE(parse_grants(other)) << other;
  }
  EXPECT_FALSE(parse_grants(text + "\n"));
  EXPECT_FALSE(parse_grants(text + std::string(kGrantsBytesMax, 'x')));
}

TEST(Grants, HoldersAreWrittenSoThatALineHoldsThem) {
  EXPECT_EQ(grant_holder("https://idp.example.org scope=a"), "https://idp.example.org scope=a");
  EXPECT_EQ(grant_holder("50%\n\xc3\xa4"), "50%25%0a%c3%a4");
  EXPECT_EQ(grant_holder(" a  b "), "%20a %20b%20");
  EXPECT_LE(grant_holder(std::string(600, '\n')).size(), 512U);
}

}  // namespace
}  // namespace varve::format
