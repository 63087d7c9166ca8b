// Months, as segments and keys are named after them.
#include "ledger/base/month.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(Months, AreThoseOfTheCalendar) {
  constexpr std::uint64_t kDay = 86'400'000'000;
  EXPECT_EQ(month_of(0), 197'001u);
  EXPECT_EQ(month_of(31 * kDay - 1), 197'001u);
  EXPECT_EQ(month_of(31 * kDay), 197'002u);
  EXPECT_EQ(month_of(951'782'400'000'000), 200'002u) << "2000-02-29";
  EXPECT_EQ(month_of(951'868'800'000'000), 200'003u) << "2000-03-01";
  EXPECT_EQ(month_of(1'795'219'200'000'000), 202'611u) << "2026-11-21";
}

TEST(Months, EndWhereTheNextOneBegins) {
  for (std::uint32_t month : {197'001u, 200'002u, 202'611u, 202'612u, 210'002u, 999'912u}) {
    const std::uint64_t end_us = end_of_month_us(month);
    EXPECT_EQ(month_of(end_us - 1), month);
    EXPECT_EQ(month_of(end_us), month % 100 == 12 ? month + 89 : month + 1);
  }
}

TEST(Months, AreNumbersOfACalendar) {
  for (std::uint32_t month = 0; month < 1'100'000; ++month)
    EXPECT_EQ(is_month(month), parse_month(month_text(month)).has_value() && month >= 197'001)
        << month;
}

TEST(Months, HaveOneSpelling) {
  EXPECT_EQ(month_text(202'601), "2026-01");
  EXPECT_EQ(*parse_month("2026-12"), 202'612u);
  for (const char* text : {"", "2026", "2026-13", "2026-00", "2026-1", "202612", "26-12", "2026/12",
                           "2026-1x", "0026-12", "2026-012"})
    EXPECT_FALSE(parse_month(text)) << text;
}

}  // namespace
}  // namespace varve
