// The question of a command line.
#include "tools/audit/search/asked.h"

#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/format/record.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

constexpr std::size_t kPatientFileMax = 1 << 20;  // bytes

/// A line each; a line end of another system is no part of the id.
Result<std::vector<std::string>> read_patients(const std::string& path) {
  ASSIGN_OR_RETURN(const Buffer bytes, tools::read_file(path, kPatientFileMax));
  std::string_view text = text_of(bytes);
  std::vector<std::string> ids;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view id = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (id.ends_with('\r')) id.remove_suffix(1);
    if (!id.empty()) ids.emplace_back(id);
  }
  if (ids.empty()) return invalid(path + " has no patient's id: write one in each line");
  return ids;
}

Result<std::optional<std::uint64_t>> moment(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<std::uint64_t>{};
  auto us = search::parse_moment(text);
  if (!us) return std::move(us).error().during(std::string("reading ") + option);
  return std::optional<std::uint64_t>{*us};
}

std::string words_of(const search::Condition& condition) {
  for (const search::FieldRow& row : search::kFields) {
    if (row.field != condition.field) continue;
    const std::size_t count = condition.any_of.size();
    return std::string(row.name) +
           (count == 1 ? ", one value" : ", one of " + std::to_string(count) + " values");
  }
  return "";
}

}  // namespace

Result<search::Question> question_of(const Asked& asked) {
  search::Question question;
  for (std::size_t i = 0; i < search::kFields.size(); ++i) {
    if (!asked.values[i].empty())
      question.conditions.push_back({search::kFields[i].field, asked.values[i]});
  }
  if (!asked.patient_file.empty()) {
    ASSIGN_OR_RETURN(auto ids, read_patients(asked.patient_file));
    question.conditions.push_back({search::Field::kPatient, std::move(ids)});
  }
  if (!asked.source.empty()) {
    ASSIGN_OR_RETURN(question.source, format::source_id(asked.source));
  }
  ASSIGN_OR_RETURN(question.from_us, moment(asked.from, "--from"));
  ASSIGN_OR_RETURN(question.until_us, moment(asked.until, "--until"));
  if (question.from_us && question.until_us && *question.until_us <= *question.from_us)
    return invalid("--until is not after --from: nothing could answer");
  question.is_emergency = asked.is_emergency;
  return question;
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
