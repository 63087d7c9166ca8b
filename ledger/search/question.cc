// Every condition against every value.
#include "ledger/search/question.h"

#include <algorithm>

#include "ledger/events/instant.h"

namespace varve::search {
namespace {

constexpr std::int64_t kNsPerUs = 1'000;

bool holds(const Condition& condition, const events::View& view) {
  return std::ranges::any_of(values_of(view, condition.field), [&](const std::string& value) {
    return std::ranges::any_of(
        condition.any_of, [&value](const std::string& asked) { return is_same(asked, value); });
  });
}

}  // namespace

EventTime time_of(const events::View& view, const Origin& origin) {
  const auto& said = view.when.unix_ns;
  if (!said || *said < 0) return {origin.record_us, true};
  return {static_cast<std::uint64_t>(*said / kNsPerUs), false};
}

bool answers(const Question& question, const events::View& view, const Origin& origin) {
  if (question.source && *question.source != origin.source) return false;
  const std::uint64_t time_us = time_of(view, origin).us;
  if (question.from_us && time_us < *question.from_us) return false;
  if (question.until_us && time_us >= *question.until_us) return false;
  if (question.is_emergency && !view.is_emergency) return false;
  return std::ranges::all_of(
      question.conditions, [&view](const Condition& condition) { return holds(condition, view); });
}

Result<std::uint64_t> parse_moment(std::string_view text) {
  constexpr std::size_t kDateLength = 10;
  const std::string moment = std::string(text) + (text.size() == kDateLength ? "T00:00:00Z" : "");
  const auto unix_ns = events::instant_of(moment);
  if (!unix_ns || *unix_ns < 0)
    return invalid("\"" + std::string(text) +
                   "\" is no date since 1970 like 2026-03-01, and no time with its zone like "
                   "2026-03-01T08:00:00+01:00");
  return static_cast<std::uint64_t>(*unix_ns / kNsPerUs);
}

}  // namespace varve::search
