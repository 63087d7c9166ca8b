// Every condition against every value.
#include "ledger/search/question.h"

#include <algorithm>

#include "ledger/events/instant.h"

namespace varve::search {
namespace {

constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::size_t kTraceMin = 4;  // characters

Verdict judge_condition(const Condition& condition, const events::Extraction& said,
                        const events::View& view) {
  const std::vector<std::string> values = values_of(view, condition.field);
  if (values.empty()) return says_more(said, view) ? Verdict::kMaybe : Verdict::kNo;
  const bool has = std::ranges::any_of(
      values, [&condition](const std::string& value) { return condition.any_of.has(value); });
  return has ? Verdict::kYes : Verdict::kNo;
}

bool is_within(const Question& question, std::uint64_t us) {
  return (!question.from_us || us >= *question.from_us) &&
         (!question.until_us || us < *question.until_us);
}

Verdict judge_time(const Question& question, const events::View& view, const Origin& origin) {
  const EventTime time = time_of(view, origin);
  const bool fits = is_within(question, time.us);
  if (!time.is_ahead || fits == is_within(question, origin.record_us))
    return fits ? Verdict::kYes : Verdict::kNo;
  return Verdict::kMaybe;
}

bool is_of_a_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.' || byte >= 0x80;
}

/// Words are what stands between other characters; a dot that ends a sentence is none of the word.
bool has_word_of(const Wanted& wanted, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_of_a_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_of_a_word(text[end])) ++end;
    std::string_view word = text.substr(at, end - at);
    at = end;
    while (word.ends_with('.')) word.remove_suffix(1);
    if (word.size() >= kTraceMin && wanted.bare().contains(word)) return true;
  }
  return false;
}

}  // namespace

events::Extraction extraction_of(const format::Record& record) {
  if (record.media_type == format::kRefusedEventMediaType) return {};
  return events::extract(record.media_type, record.payload);
}

EventTime time_of(const events::View& view, const Origin& origin) {
  const auto& said = view.when.unix_ns;
  if (!said || *said < 0) return {origin.record_us, true, false};
  const auto us = static_cast<std::uint64_t>(*said / kNsPerUs);
  return {us, false, us > origin.record_us && us - origin.record_us > kClocksDifferUs};
}

bool says_more(const events::Extraction& said, const events::View& view) {
  return !said.gaps.empty() || said.gaps_left_off != 0 || !view.message.empty() ||
         !view.outcome_text.empty() || !view.changes.empty() ||
         std::ranges::any_of(view.what, [](const auto& object) { return !object.fields.empty(); });
}

Verdict judge(const Question& question, const events::Extraction& said, const events::View& view,
              const Origin& origin) {
  if (question.source && *question.source != origin.source) return Verdict::kNo;
  if (question.is_emergency && !view.is_emergency) return Verdict::kNo;
  Verdict all = judge_time(question, view, origin);
  for (const Condition& condition : question.conditions) {
    if (all == Verdict::kNo) return all;
    all = std::min(all, judge_condition(condition, said, view));
  }
  return all;
}

Verdict judge_unread(const Question& question, const Origin& origin) {
  if (question.source && *question.source != origin.source) return Verdict::kNo;
  const bool is_before = question.from_us && later_by_clocks(origin.record_us) < *question.from_us;
  return is_before ? Verdict::kNo : Verdict::kMaybe;
}

Verdict judge_unread(const Question& question, const events::Extraction& said,
                     const Origin& origin) {
  const bool is_read = !said.events.empty() && said.events_left_off == 0;
  return is_read ? Verdict::kNo : judge_unread(question, origin);
}

bool has_trace(const Question& question, Bytes payload, const events::Extraction& said) {
  for (const Condition& condition : question.conditions) {
    if (condition.field != Field::kPatient) continue;
    if (has_word_of(condition.any_of, text_of(payload))) return true;
    for (const events::View& view : said.events)
      for (const events::Resource& object : view.what)
        for (const std::string& field : object.fields)  // some were base64 in the payload
          if (has_word_of(condition.any_of, field)) return true;
  }
  return false;
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
