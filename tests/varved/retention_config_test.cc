// What a configuration says of a new log's retention, and what an operator is told where the log says another thing.
#include "tools/varved/retention_config.h"

#include <gtest/gtest.h>

#include "tools/varved/config.h"

namespace varve::tools {
namespace {

/// Of a log with these lines.
Result<Config> config_with(const std::string& lines) {
  return parse_config(
      "[server]\nlisten = \"127.0.0.1:0\"\nplain_http = true\ndata = \"/d\"\ntokens = \"/t\"\n"
      "[hsm]\nmodule = \"/m\"\ntoken = \"pkcs11:token=t\"\npin = \"file:/p\"\n"
      "[[log]]\nname = \"main\"\norigin = \"o\"\nkey = \"pkcs11:object=k\"\n" +
          lines,
      "varved.toml");
}

format::Policy policy_with(const std::string& lines) {
  const auto config = config_with(lines);
  EXPECT_TRUE(config) << lines << config.error().message;
  return config ? config->logs[0].options.first_policy : format::Policy();
}

void expect_refused(const std::string& lines, const std::string& why) {
  const auto config = config_with(lines);
  ASSERT_FALSE(config) << lines;
  EXPECT_NE(config.error().message.find(why), std::string::npos) << config.error().message;
}

std::string differs(const std::string& lines, const format::Policy& in_force) {
  return how_retention_differs(config_with(lines)->logs[0].retention, in_force);
}

TEST(RetentionConfig, IsALockedLogOfSixYearsWhereNothingIsSaid) {
  const format::Policy nothing = policy_with("");
  EXPECT_EQ(nothing, format::Policy());
  EXPECT_EQ(nothing, policy_with("mode = \"locked\"\n"));
  EXPECT_EQ(policy_with("retention_days = 30\n").period, 30U);
}

TEST(RetentionConfig, OfADraftIsInMinutesWithinThePolicysBounds) {
  const format::Policy least = policy_with("mode = \"draft\"\n");
  EXPECT_EQ(least.mode, format::Mode::kDraft);
  EXPECT_EQ(draft_text(least), "5 minutes, notice 1, wait 1, key period 1");
  EXPECT_TRUE(format::check_policy(least));
  const format::Policy most = policy_with(
      "mode = \"draft\"\nretention_minutes = 527040\nnotice_minutes = 527040\nwait_minutes = "
      "527040\n"
      "key_period_minutes = 44640\n");
  EXPECT_EQ(draft_text(most), "527040 minutes, notice 527040, wait 527040, key period 44640");
  EXPECT_TRUE(format::check_policy(most));
  for (const char* key : {"retention_minutes", "notice_minutes", "wait_minutes"})
    for (const char* value : {" = 0\n", " = 527041\n"})
      expect_refused("mode = \"draft\"\n" + std::string(key) + value, key);
  for (const char* value : {"0", "44641"})
    expect_refused("mode = \"draft\"\nkey_period_minutes = " + std::string(value) + "\n",
                   "key_period_minutes");
}

TEST(RetentionConfig, DaysAndMinutesAreOfOneKindOfLogEach) {
  expect_refused("mode = \"draft\"\nretention_days = 30\n", "write retention_minutes");
  for (const char* key :
       {"retention_minutes", "notice_minutes", "wait_minutes", "key_period_minutes"})
    for (const char* mode : {"", "mode = \"locked\"\n"})
      expect_refused(mode + std::string(key) + " = 1\n", "minutes are of a draft log");
  expect_refused("mode = \"trial\"\n", "mode");
}

TEST(RetentionConfig, IsOfOneModeForAllLogsOfAServer) {
  const std::string other =
      "[[log]]\nname = \"other\"\norigin = \"p\"\nkey = \"pkcs11:object=l\"\n";
  const std::string draft = "mode = \"draft\"\n";
  const std::string locked = "mode = \"locked\"\n";
  EXPECT_TRUE(config_with(other));
  EXPECT_TRUE(config_with(locked + other));
  EXPECT_TRUE(config_with(draft + other + draft));
  expect_refused(draft + other, "log main is a draft and log other is locked");
  for (const std::string& said : {std::string(), locked})
    expect_refused(said + other + draft, "log other is a draft and log main is locked");
}

// Of a log that exists nothing is changed; whoever thinks so is told, and nobody else.
TEST(RetentionConfig, ThatIsAnotherThanTheLogsIsTold) {
  const format::Policy locked;
  const format::Policy draft = policy_with("mode = \"draft\"\n");
  for (const char* same : {"", "retention_days = 2192\n", "mode = \"locked\"\n"})
    EXPECT_EQ(differs(same, locked), "") << same;
  for (const char* same : {"", "mode = \"draft\"\n", "mode = \"draft\"\nretention_minutes = 5\n"})
    EXPECT_EQ(differs(same, draft), "") << same;
  EXPECT_NE(differs("retention_days = 30\n", locked).find("write 2192 there"), std::string::npos);
  EXPECT_NE(differs("mode = \"draft\"\n", locked).find("the log is locked"), std::string::npos);
  for (const char* other : {"mode = \"locked\"\n", "retention_days = 2192\n"})
    EXPECT_NE(differs(other, draft).find("the log is a draft"), std::string::npos) << other;
  for (const char* key :
       {"retention_minutes", "notice_minutes", "wait_minutes", "key_period_minutes"})
    EXPECT_NE(differs("mode = \"draft\"\n" + std::string(key) + " = 7\n", draft)
                  .find("keeps its records for 5 minutes, notice 1, wait 1, key period 1"),
              std::string::npos)
        << key;
}

}  // namespace
}  // namespace varve::tools
