// Date, time, fraction, zone.
#include "ledger/events/instant.h"

#include <chrono>

namespace varve::events {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::size_t kFractionMax = 9;

/// A number of exactly `digits` digits at the front of `text`, which moves behind it; -1 if none.
int eat_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool eat_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> days_of_date(std::string_view& text) {
  const int year = eat_number(text, 4);
  if (year < 1700 || year > 2200 || !eat_one_of(text, "-")) return std::nullopt;
  const int month = eat_number(text, 2);
  if (month < 1 || !eat_one_of(text, "-")) return std::nullopt;
  const int day = eat_number(text, 2);
  if (day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<std::int64_t> seconds_of_time(std::string_view& text) {
  const int hour = eat_number(text, 2);
  if (hour < 0 || hour > 23 || !eat_one_of(text, ":")) return std::nullopt;
  const int minute = eat_number(text, 2);
  if (minute < 0 || minute > 59 || !eat_one_of(text, ":")) return std::nullopt;
  const int second = eat_number(text, 2);
  if (second < 0 || second > 60) return std::nullopt;  // a leap second counts as the next one
  return (hour * 60 + minute) * 60 + second;
}

std::optional<std::int64_t> nanoseconds(std::string_view& text) {
  if (!eat_one_of(text, ".")) return 0;
  std::int64_t fraction = 0;
  std::size_t digits = 0;
  for (int digit = eat_number(text, 1); digit >= 0; digit = eat_number(text, 1))
    if (++digits <= kFractionMax) fraction = fraction * 10 + digit;
  if (digits == 0) return std::nullopt;
  for (; digits < kFractionMax; ++digits) fraction *= 10;
  return fraction;
}

std::optional<std::int64_t> zone_seconds(std::string_view& text) {
  if (eat_one_of(text, "Zz")) return 0;
  const bool is_west = text.starts_with('-');
  if (!eat_one_of(text, "+-")) return std::nullopt;
  const int hours = eat_number(text, 2);
  if (hours < 0 || hours > 23 || !eat_one_of(text, ":")) return std::nullopt;
  const int minutes = eat_number(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return (is_west ? -60 : 60) * (hours * 60 + minutes);
}

}  // namespace

std::optional<std::int64_t> instant_of(std::string_view text) {
  const auto days = days_of_date(text);
  if (!days || !eat_one_of(text, "Tt ")) return std::nullopt;
  const auto seconds = seconds_of_time(text);
  if (!seconds) return std::nullopt;
  const auto fraction = nanoseconds(text);
  if (!fraction) return std::nullopt;
  const auto zone = zone_seconds(text);
  if (!zone || !text.empty()) return std::nullopt;
  return (*days * 86'400 + *seconds - *zone) * kNsPerSecond + *fraction;
}

}  // namespace varve::events
