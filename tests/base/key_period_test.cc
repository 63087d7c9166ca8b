// Key periods: those of locked logs are months in every respect, and those of draft logs are named and
// counted otherwise.
#include "ledger/base/key_period.h"

#include <gtest/gtest.h>

#include "ledger/base/month.h"

namespace varve {
namespace {

constexpr std::uint64_t kMinuteUs = 60'000'000;
constexpr std::uint64_t kEndUs = 253'402'300'800'000'000;  // the year 10000

// Every number that could be a month's.
TEST(KeyPeriods, OfALockedLogAreMonths) {
  for (std::uint32_t number = 0; number < 1'100'000; ++number) {
    const KeyPeriod period{number, 0};
    ASSERT_EQ(is_key_period(period), is_month(number)) << number;
    if (!is_month(number)) continue;
    ASSERT_EQ(key_period_text(period), month_text(number));
    ASSERT_EQ(key_period_name(period), month_text(number));
    ASSERT_EQ(*parse_key_period(month_text(number), 0), period);
    ASSERT_EQ(*parse_key_period_name(month_text(number), 0), period);
    const std::uint64_t end_us = end_of_key_period_us(period);
    ASSERT_EQ(end_us, end_of_month_us(number));
    ASSERT_EQ(key_period_of(end_us - 1, 0), period);
  }
}

// Each length, at the first and the last period that there are.
TEST(KeyPeriods, OfADraftFollowEachOtherWithoutAGap) {
  for (std::uint16_t minutes = 1; minutes <= kKeyPeriodMaxMinutes; ++minutes) {
    const std::uint64_t length_us = minutes * kMinuteUs;
    for (const std::uint64_t time_us : {std::uint64_t{0}, length_us - 1, length_us, kEndUs - 1}) {
      const KeyPeriod period = key_period_of(time_us, minutes);
      ASSERT_TRUE(is_key_period(period)) << minutes;
      const std::uint64_t end_us = end_of_key_period_us(period);
      ASSERT_LT(time_us, end_us);
      ASSERT_LE(end_us - length_us, time_us);
      ASSERT_EQ(key_period_of(end_us - 1, minutes), period);
      ASSERT_EQ(key_period_of(end_us, minutes).number, period.number + 1);
      ASSERT_EQ(*parse_key_period(key_period_text(period), minutes), period);
      ASSERT_EQ(*parse_key_period_name(key_period_name(period), minutes), period);
    }
    const KeyPeriod last = key_period_of(kEndUs - 1, minutes);
    ASSERT_FALSE(is_key_period({last.number + 1, minutes})) << minutes;
  }
  EXPECT_FALSE(is_key_period({1, kKeyPeriodMaxMinutes + 1}));
}

TEST(KeyPeriods, AreNeverTakenForMonths) {
  EXPECT_EQ(key_period_name({202'611, 60}), "p202611");
  EXPECT_NE((KeyPeriod{202'611, 60}), (KeyPeriod{202'611}));
  for (const char* name :
       {"2026-11", "202611", "p", "p01", "p-1", "p+1", "P1", "p1 ", "pp1", "", "p4223371680"})
    EXPECT_FALSE(parse_key_period_name(name, 1)) << name;
  for (const char* name : {"p202611", "202611", "p2026-11", ""})
    EXPECT_FALSE(parse_key_period_name(name, 0)) << name;
  for (const char* text : {"2026-11", "p1", "01", "", "4223371680", "18446744073709551617"})
    EXPECT_FALSE(parse_key_period(text, 1)) << text;
  EXPECT_FALSE(parse_key_period("202611", 0));
}

}  // namespace
}  // namespace varve
