// The question of a command line.
#include "tools/audit/search/asked.h"

#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kFileMax = 1 << 20;  // bytes
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

Result<std::optional<std::uint64_t>> moment(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<std::uint64_t>{};
  auto us = search::parse_moment(text);
  if (!us) return std::move(us).error().during(std::string("reading ") + option);
  return std::optional<std::uint64_t>{*us};
}

std::string words_of(const search::Condition& condition) {
  for (const search::FieldRow& row : search::kFields) {
    if (row.field != condition.field) continue;
    const std::size_t count = condition.any_of.count();
    return std::string(row.name) +
           (count == 1 ? ", one value" : ", one of " + std::to_string(count) + " values");
  }
  return "";
}

}  // namespace

/// What an editor of another system put in front, or at the end of a line, is no part of it.
Result<std::vector<std::string>> read_values(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, kFileMax));
  std::string_view text = text_of(bytes);
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string> values;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view value = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (value.ends_with('\r')) value.remove_suffix(1);
    if (value.starts_with(' ') || value.ends_with(' '))
      return invalid(path + ": line " + std::to_string(line) +
                     " begins or ends with a blank, and no event would match it");
    if (!value.empty()) values.emplace_back(value);
  }
  if (values.empty()) return invalid(path + " has no value: write one in each line");
  return values;
}

Result<std::vector<std::string>> asked_values(const Asked& asked, std::size_t i) {
  std::vector<std::string> values = asked.values[i];
  if (asked.files[i].empty()) return values;
  ASSIGN_OR_RETURN(const auto more, read_values(asked.files[i]));
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

Result<search::Question> question_of(const Asked& asked) {
  search::Question question;
  for (std::size_t i = 0; i < search::kFields.size(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<std::string> values, asked_values(asked, i));
    if (!values.empty())
      question.conditions.push_back({search::kFields[i].field, search::Wanted(values)});
  }
  if (!asked.source.empty()) {
    ASSIGN_OR_RETURN(question.source, format::source_id(asked.source));
  }
  ASSIGN_OR_RETURN(question.from_us, moment(asked.from, "--from"));
  ASSIGN_OR_RETURN(question.until_us, moment(asked.until, "--until"));
  question.is_emergency = asked.is_emergency;
  RETURN_IF_ERROR(expect_period(question));
  return question;
}

Result<void> expect_period(const search::Question& question) {
  if (question.from_us && question.until_us && *question.until_us <= *question.from_us)
    return invalid("the period ends at " + time_text(*question.until_us) +
                   ", which is not after its beginning, " + time_text(*question.from_us));
  return {};
}

std::string in_words(const search::Question& question) {
  std::vector<std::string> parts;
  for (const search::Condition& condition : question.conditions)
    parts.push_back(words_of(condition));
  if (question.source) parts.emplace_back("sent by that source");
  if (question.is_emergency) parts.emplace_back("emergency access");
  if (question.from_us) parts.push_back("from " + time_text(*question.from_us));
  if (question.until_us) parts.push_back("until " + time_text(*question.until_us));
  std::string words;
  for (const std::string& part : parts) words.append(words.empty() ? "" : "; ").append(part);
  return words.empty() ? "every event" : words;
}

}  // namespace varve::audit
