// What witnesses said against a log, as it is kept.
#include "ledger/format/witness_alarms.h"

#include <gtest/gtest.h>

#include "test_cosigner.h"

namespace varve::format {
namespace {

TEST(WitnessAlarms, ReadBackAsTheyAreWritten) {
  const std::vector<WitnessAlarm> alarms{
      {TestCosigner("w1.example", 1).key(), 1'795'256'160, "it has cosigned 9 records"},
      {TestCosigner("w2.example", 2).key(), 0, "x"}};
  const std::string text = alarms_text(alarms);
  const auto read = parse_alarms(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, alarms);
  EXPECT_TRUE(parse_alarms(alarms_text({}))->empty());
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    const auto half = parse_alarms(std::string_view(text).substr(0, cut));
    EXPECT_TRUE(!half || alarms_text(*half) == text.substr(0, cut)) << "a whole line less";
  }
}

TEST(WitnessAlarms, AreOneLineEachAndSayWhichOneIsNone) {
  const CosignerKey key = TestCosigner("w1.example", 1).key();
  EXPECT_EQ(parse_alarms(alarms_text({{key, 1, "a\nb"}}))->front().what, "a\\x0ab");
  const std::string title = "varve witness alarms v1\n";
  const std::string vkey = format_cosigner_vkey(key);
  const auto why = [](const std::string& text) { return parse_alarms(text).error().message; };
  EXPECT_NE(why("").find("its first line"), std::string::npos);
  EXPECT_NE(why("varve witness alarms v2\n").find("its first line"), std::string::npos);
  const std::string good = "alarm " + vkey + " 1 what\n";
  const std::vector<std::string> broken{"alarm " + vkey + " 01 what",   "alarm " + vkey + " 1",
                                        "alarm " + vkey + " 1 ",        "alarm w1+1+x 1 what",
                                        "cosigned " + vkey + " 1 what", ""};
  for (const std::string& line : broken)
    EXPECT_EQ(why(title + good + line + "\n").find("line 3: "), 0U) << line;
}

}  // namespace
}  // namespace varve::format
