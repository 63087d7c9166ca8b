// Member by member.
#include "ledger/query/query.h"

#include <algorithm>
#include <map>

#include "ledger/base/text.h"
#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/index/terms.h"

namespace varve::query {
namespace {

using format::Json;

/// What was sent, whichever way.
struct Sent {
  std::map<std::string, std::vector<std::string>> values;  // by field
  std::map<std::string, std::string> texts;                // from, until, order, cursor
  std::optional<std::uint64_t> limit;
  bool is_emergency = false;
  bool counts = false;
  bool with_bytes = false;
};

constexpr std::string_view kTexts[] = {"from", "until", "order", "cursor"};

bool is_text(std::string_view name) {
  return std::ranges::find(kTexts, name) != std::end(kTexts);
}

const search::FieldRow* field_of(std::string_view name) {
  const auto* const row = std::ranges::find(search::kFields, name, &search::FieldRow::name);
  return row == search::kFields.end() ? nullptr : row;
}

bool is_field(std::string_view name) {
  return name == index::kSourceField || field_of(name) != nullptr;
}

/// An address is often a person's, a request's id leads to one, and what observed an event may be one.
bool may_name_a_person(std::string_view name) {
  const search::FieldRow* const row = field_of(name);
  return row != nullptr &&
         (row->names_people || row->field == search::Field::kAddress ||
          row->field == search::Field::kService || row->field == search::Field::kRequest);
}

Error wrong(std::string_view name, std::string_view why) {
  return invalid(std::string(name) + ": " + std::string(why));
}

/// `is_url`: what stands in a URL, where fewer are taken.
Error unknown(bool is_url) {
  std::string names;
  for (const search::FieldRow& row : search::kFields)
    if (!is_url || !may_name_a_person(row.name)) names.append(row.name).append(", ");
  return invalid((is_url ? "a parameter is none of: " : "it has a member that is none of: ") +
                 names + "source, emergency, from, until, order, limit, count, " +
                 (is_url ? "cursor" : "events, cursor"));
}

Result<std::vector<std::string>> take_values(const Json& json, const std::string& name) {
  if (auto one = json.text(name)) return std::vector{std::move(*one)};
  if (auto several = json.texts(name); several && !several->empty()) return several;
  return wrong(name, "a text, or a list of one text or more");
}

Result<void> take_member(const Json& json, const std::string& name, Sent& sent) {
  if (is_field(name)) {
    ASSIGN_OR_RETURN(sent.values[name], take_values(json, name));
    return {};
  }
  if (is_text(name)) {
    auto text = json.text(name);
    if (!text) return wrong(name, "a text");
    sent.texts[name] = std::move(*text);
    return {};
  }
  if (name == "limit") {
    const auto limit = json.number(name);
    if (!limit) return wrong(name, "a number");
    sent.limit = *limit;
    return {};
  }
  bool* const flag = name == "emergency" ? &sent.is_emergency
                     : name == "count"   ? &sent.counts
                     : name == "events"  ? &sent.with_bytes
                                         : nullptr;
  if (flag == nullptr) return unknown(false);
  const auto said = json.boolean(name);
  if (!said) return wrong(name, "true or false");
  *flag = *said;
  return {};
}

Result<void> take_parameter(const std::string& name, const std::string& value, Sent& sent) {
  if (may_name_a_person(name))
    return wrong(name,
                 "a URL is kept by proxies and browsers, and this may name a person: POST it");
  if (is_field(name)) {
    sent.values[name] = {value};
    return {};
  }
  if (is_text(name)) {
    sent.texts[name] = value;
    return {};
  }
  if (name == "limit") {
    const auto limit = decode_decimal(value);
    if (!limit) return wrong(name, "a number");
    sent.limit = *limit;
    return {};
  }
  bool* const flag = name == "emergency" ? &sent.is_emergency
                     : name == "count"   ? &sent.counts
                                         : nullptr;
  if (flag == nullptr) return unknown(true);
  if (value != "true" && value != "false") return wrong(name, "true or false");
  *flag = value == "true";
  return {};
}

Result<std::optional<std::uint64_t>> moment_of(const Sent& sent, const std::string& name) {
  std::optional<std::uint64_t> none;
  const auto found = sent.texts.find(name);
  if (found == sent.texts.end()) return none;
  const auto us = search::parse_moment(found->second);
  if (!us)
    return wrong(name,
                 "a date since 1970 like 2026-03-01, which is its midnight in UTC, or a time "
                 "with its zone like 2026-03-01T08:00:00+01:00");
  return std::optional{*us};
}

Result<void> take_sources(const std::vector<std::string>& names, Query& query) {
  std::set<SourceId> sources;
  for (const std::string& name : names) {
    const auto source = format::source_id(name);
    if (!source) return wrong(index::kSourceField, "that is no source's name");
    sources.insert(*source);
  }
  query.sources = std::move(sources);
  return {};
}

Result<void> take_conditions(const Sent& sent, Query& query) {
  std::size_t count = 0;
  for (const auto& [name, given] : sent.values) {
    std::vector<std::string> values = given;
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.front().empty()) return wrong(name, "a value is empty");
    count += values.size();
    if (name == index::kSourceField)
      RETURN_IF_ERROR(take_sources(values, query));
    else
      query.question.conditions.push_back({field_of(name)->field, search::Wanted(values)});
    query.conditions.push_back({name, std::move(values)});
  }
  if (count > kValuesMax)
    return invalid("it has more than " + std::to_string(kValuesMax) + " values");
  return {};
}

Result<void> take_period(const Sent& sent, Query& query) {
  search::Question& question = query.question;
  ASSIGN_OR_RETURN(question.from_us, moment_of(sent, "from"));
  ASSIGN_OR_RETURN(question.until_us, moment_of(sent, "until"));
  if (question.from_us && question.until_us && *question.until_us <= *question.from_us)
    return wrong("until", "the period ends before it begins");
  return {};
}

Result<Query> query_of(const Sent& sent) {
  Query query;
  RETURN_IF_ERROR(take_conditions(sent, query));
  RETURN_IF_ERROR(take_period(sent, query));
  query.question.is_emergency = sent.is_emergency;
  if (const auto order = sent.texts.find("order"); order != sent.texts.end()) {
    if (order->second != "newest" && order->second != "oldest")
      return wrong("order", "newest or oldest");
    query.order = order->second == "newest" ? Order::kNewest : Order::kOldest;
  }
  if (sent.limit) query.limit = *sent.limit;
  if (query.limit == 0 || query.limit > kLimitMax)
    return wrong("limit", "from 1 to " + std::to_string(kLimitMax));
  query.counts = sent.counts;
  query.with_bytes = sent.with_bytes;
  if (query.counts && query.with_bytes) return wrong("events", "none are given with count");
  if (const auto cursor = sent.texts.find("cursor"); cursor != sent.texts.end())
    query.cursor = cursor->second;
  return query;
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
  if (text.size() > kQueryMax)
    return invalid("it is longer than " + std::to_string(kQueryMax) + " bytes");
  ASSIGN_OR_RETURN(const Json json, Json::parse(text));
  if (!json.is_object()) return invalid("a question is a JSON object");
  Sent sent;
  for (const std::string& name : json.keys()) RETURN_IF_ERROR(take_member(json, name, sent));
  return query_of(sent);
}

Result<Query> query_of(const Parameters& parameters) {
  Sent sent;
  for (const auto& [name, value] : parameters) {
    if (std::ranges::count(parameters, name, &Parameters::value_type::first) != 1)
      return invalid("a parameter is given twice");
    RETURN_IF_ERROR(take_parameter(name, value, sent));
  }
  return query_of(sent);
}

std::string text_of_question(const Query& query) {
  std::string text = query.order == Order::kNewest ? "newest\n" : "oldest\n";
  for (const Condition& condition : query.conditions)
    for (const std::string& value : condition.values)
      text.append(condition.field).append(" ").append(base64(bytes_of(value))).append("\n");
  const search::Question& question = query.question;
  if (question.is_emergency) text.append("emergency\n");
  if (question.from_us) text.append("from ").append(std::to_string(*question.from_us)).append("\n");
  if (question.until_us)
    text.append("until ").append(std::to_string(*question.until_us)).append("\n");
  return text;
}

}  // namespace varve::query
