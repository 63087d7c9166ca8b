// First how much is written, then where it begins.
#include "ledger/query/fhir_date.h"

#include <algorithm>
#include <string>

#include "ledger/base/month.h"
#include "ledger/events/instant.h"

namespace varve::query {
namespace {

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::uint64_t kNever = UINT64_MAX;  // behind all times that an event can say
constexpr std::size_t kYear = 4;              // characters of "2026", and so on
constexpr std::size_t kMonth = 7;
constexpr std::size_t kDay = 10;
constexpr std::size_t kMinute = 16;
constexpr std::size_t kSecond = 19;
constexpr std::size_t kDigitsMax = 6;  // of a second's part: microseconds
constexpr std::uint32_t kMonthsBehindTheFirst = 11;

Error no_date() {
  return invalid("a year, a month, a day or a time, like 2026-03 or 2026-03-01T08:00:00+01:00");
}

/// Where the zone of a time begins; the end where it has none.
std::size_t zone_of(std::string_view text) {
  if (text.size() <= kDay) return text.size();
  return std::min(text.find_first_of("Z+-", kDay), text.size());
}

/// The first moment that `text` means, as RFC 3339 writes it.
std::string whole_moment(std::string_view text) {
  const std::size_t zone = zone_of(text);
  std::string moment(text.substr(0, zone));
  if (zone == kYear) moment += "-01-01T00:00:00";
  if (zone == kMonth) moment += "-01T00:00:00";
  if (zone == kDay) moment += "T00:00:00";
  if (zone == kMinute) moment += ":00";
  return moment.append(zone == text.size() ? "Z" : text.substr(zone));
}

/// Puts a year of the same calendar in place of one that events are not read with. The calendar repeats itself
/// every 400 years.
void bring_near(std::string& moment) {
  constexpr std::uint32_t kCycle = 400;
  constexpr std::uint32_t kNear = 1800;
  std::uint32_t year = 0;
  for (const char digit : moment.substr(0, kYear))
    year = year * 10 + static_cast<std::uint8_t>(digit - '0');
  moment.replace(0, kYear, std::to_string(kNear + (year + kCycle - kNear % kCycle) % kCycle));
}

/// Behind the last moment that it means.
std::uint64_t end_of(std::uint64_t begin_us, std::size_t written) {
  if (written == kYear) return end_of_month_us(month_of(begin_us) + kMonthsBehindTheFirst);
  if (written == kMonth) return end_of_month_us(month_of(begin_us));
  if (written == kDay) return begin_us + 24 * 60 * 60 * kSecondUs;
  if (written == kMinute) return begin_us + 60 * kSecondUs;
  std::uint64_t length_us = kSecondUs;
  const std::size_t digits = written > kSecond ? written - kSecond - 1 : 0;
  for (std::size_t i = 0; i < std::min(digits, kDigitsMax); ++i) length_us /= 10;
  return begin_us + length_us;
}

struct Stretch {
  std::uint64_t begin_us = 0;
  std::uint64_t end_us = 0;
};

/// Empty where no event's time is: at 0 for what is before 1970, at kNever for what is far ahead. Nothing: it is no
/// date.
std::optional<Stretch> stretch_of(std::string_view text) {
  std::string moment = whole_moment(text);
  const std::string year = moment.substr(0, kYear);
  if (year.size() != kYear || year.find_first_not_of("0123456789") != std::string::npos) return {};
  const bool is_far_ahead = year > "2199";
  const bool is_long_ago = year < "1800";
  if (is_far_ahead || is_long_ago) bring_near(moment);
  const auto unix_ns = events::instant_of(moment);
  if (!unix_ns) return {};
  if (is_far_ahead) return Stretch{kNever, kNever};
  if (is_long_ago || *unix_ns < 0) return Stretch{};
  const auto begin_us = static_cast<std::uint64_t>(*unix_ns / kNsPerUs);
  return Stretch{begin_us, end_of(begin_us, zone_of(text))};
}

}  // namespace

Result<Period> fhir_period(std::string_view value) {
  std::string_view prefix = "eq";
  if (!value.empty() && value.front() >= 'a' && value.front() <= 'z') {
    prefix = value.substr(0, 2);
    value.remove_prefix(prefix.size());
  }
  const auto stretch = stretch_of(value);
  if (!stretch) return no_date();
  const auto [begin, end] = *stretch;
  if (prefix == "eq") return Period{begin, end};
  if (prefix == "ge") return Period{begin, {}};
  if (prefix == "gt" || prefix == "sa") return Period{end, {}};
  if (prefix == "le") return Period{{}, end};
  if (prefix == "lt" || prefix == "eb") return Period{{}, begin};
  return invalid("of the prefixes eq, ge, gt, sa, le, lt and eb are taken");
}

Period common_part(const Period& a, const Period& b) {
  Period both = a;
  if (b.from_us) both.from_us = std::max(a.from_us.value_or(0), *b.from_us);
  if (b.until_us) both.until_us = std::min(a.until_us.value_or(UINT64_MAX), *b.until_us);
  return both;
}

}  // namespace varve::query
