// Times, codes, base64.
#include "ledger/events/values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <set>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"

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

std::optional<std::int64_t> rfc3339(std::string_view text) {
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

}  // namespace

When time_of(std::string text, const std::string& place, Extraction& out) {
  When when{std::move(text), {}};
  if (when.text.empty()) return when;
  when.unix_ns = rfc3339(when.text);
  if (!when.unix_ns) out.add_gap(place, "not a date with a time and a zone, so no instant");
  return when;
}

When time_since_1970(std::string text, std::int64_t per_second, const std::string& place,
                     Extraction& out) {
  When when{std::move(text), {}};
  if (when.text.empty()) return when;
  const std::int64_t factor = kNsPerSecond / per_second;
  const auto number = decode_decimal(when.text);
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / factor);
  if (number && *number <= limit)
    when.unix_ns = static_cast<std::int64_t>(*number) * factor;
  else
    out.add_gap(place, "not a time since 1970, so no instant");
  return when;
}

std::string action_of(std::string code, const std::string& place, Extraction& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kActions = {
      {{"C", "create"}, {"R", "read"}, {"U", "update"}, {"D", "delete"}, {"E", "execute"}}};
  for (const auto& [letter, word] : kActions)
    if (code == letter) return std::string(word);
  if (!code.empty()) out.add_gap(place, "not one of the actions C, R, U, D, E");
  return code;
}

std::string outcome_of(std::string code, const std::string& place, Extraction& out) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOutcomes = {
      {{"0", "success"},
       {"4", "minor-failure"},
       {"8", "serious-failure"},
       {"12", "major-failure"}}};
  for (const auto& [number, word] : kOutcomes)
    if (code == number) return std::string(word);
  if (!code.empty()) out.add_gap(place, "not one of the outcomes 0, 4, 8, 12");
  return code;
}

std::string joined_code(const std::string& system, const std::string& code) {
  return system.empty() ? code : system + "|" + code;
}

bool has_code(const std::vector<Coded>& codes, std::string_view value) {
  return std::ranges::find(codes, value, &Coded::value) != codes.end();
}

std::string written(const Coded& code) {
  if (code.value.empty() || code.display.empty()) return code.value + code.display;
  return code.value + " (" + code.display + ")";
}

bool says_emergency(const Coded& code) {
  constexpr std::array<std::string_view, 10> kEmergency = {
      "http://terminology.hl7.org/CodeSystem/v3-ActReason|BTG",
      "http://terminology.hl7.org/CodeSystem/v3-ActReason|ETREAT",
      "urn:oid:2.16.840.1.113883.5.8|BTG",
      "urn:oid:2.16.840.1.113883.5.8|ETREAT",
      "2.16.840.1.113883.5.8|BTG",
      "2.16.840.1.113883.5.8|ETREAT",
      "urn:oid:2.16.756.5.30.1.127.3.10.5|EMER",
      "2.16.756.5.30.1.127.3.10.5|EMER",
      "http://dicom.nema.org/resources/ontology/DCM|110127",
      "DCM|110127"};
  return std::ranges::find(kEmergency, code.value) != kEmergency.end();
}

std::string best_name(const Actor& actor) {
  if (!actor.id.empty()) return actor.id;
  return actor.name.empty() ? actor.address : actor.name;
}

void add_whom(View& view, const Resource& patient) {
  const std::string& first = patient.id.empty() ? patient.name : patient.id;
  if (!first.empty()) view.whom.push_back(first);
  view.whom.insert(view.whom.end(), patient.alternative_ids.begin(), patient.alternative_ids.end());
}

void keep_each_once(std::vector<std::string>& texts) {
  std::set<std::string> seen;
  std::erase_if(texts, [&](const std::string& text) { return !seen.insert(text).second; });
}

std::string readable(std::string_view base64_text) {
  const auto decoded = decode_base64(base64_text);
  if (!decoded || decoded->empty()) return std::string(base64_text);
  const std::string_view text = text_of(*decoded);
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Character next = first_character(rest);
    const bool is_text = next.number >= 0x20 || rest.front() == '\r' || rest.front() == '\n';
    if (next.length == 0 || !is_text) return std::string(base64_text);
    rest.remove_prefix(next.length);
  }
  return std::string(text);
}

}  // namespace varve::events
