// Months in UTC.
#include "ledger/base/month.h"

#include <chrono>
#include <cstdio>

#include "ledger/base/text.h"

namespace varve {

std::uint32_t month_of(std::uint64_t time_us) {
  using namespace std::chrono;
  const sys_days day = floor<days>(sys_time<microseconds>{microseconds{time_us}});
  const year_month_day date{day};
  return static_cast<std::uint32_t>(static_cast<int>(date.year())) * 100 +
         static_cast<std::uint32_t>(static_cast<unsigned>(date.month()));
}

std::string time_text(std::uint64_t time_us) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds{time_us}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(time) - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02lld:%02lld:%02lldZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<long long>(clock.hours().count()),
                static_cast<long long>(clock.minutes().count()),
                static_cast<long long>(clock.seconds().count()));
  return text;
}

bool is_month(std::uint32_t month) {
  return month >= 197'001 && month <= 999'912 && month % 100 >= 1 && month % 100 <= 12;
}

std::uint64_t end_of_month_us(std::uint32_t month) {
  using namespace std::chrono;
  CHECK(is_month(month));
  const year_month next =
      year{static_cast<int>(month / 100)} / static_cast<int>(month % 100) + months{1};
  const sys_time<microseconds> end = sys_days{next / 1};
  return static_cast<std::uint64_t>(end.time_since_epoch().count());
}

std::string month_text(std::uint32_t month) {
  char text[16];
  std::snprintf(text, sizeof text, "%04u-%02u", month / 100, month % 100);
  return text;
}

Result<std::uint32_t> parse_month(std::string_view text) {
  const Error wrong = invalid("a month is spelled YYYY-MM, 2026-11 for example");
  if (text.size() != 7 || text[4] != '-' || text[0] == '0') return wrong;
  std::string digits(text.substr(0, 4));
  digits.append(text.substr(5));
  const auto month = decode_decimal(digits);
  if (!month || *month % 100 < 1 || *month % 100 > 12) return wrong;
  return static_cast<std::uint32_t>(*month);
}

}  // namespace varve
