// From the fields' names to the question.
#include "ledger/evidence/asked.h"

#include <algorithm>

#include "ledger/format/record.h"
#include "ledger/index/terms.h"

namespace varve::evidence {
namespace {

Result<void> add_condition(search::Question& question,
                           const format::AnswerEvidence::Asked& condition) {
  if (condition.field == index::kSourceField) {
    if (condition.values.size() != 1) return invalid("an event has one source: ask for one");
    ASSIGN_OR_RETURN(question.source, format::source_id(condition.values.front()));
    return {};
  }
  const auto* const row = std::ranges::find(search::kFields, condition.field,
                                            [](const auto& field) { return field.name; });
  if (row == search::kFields.end())
    return invalid("events have no field " + condition.field + " that can be asked for");
  question.conditions.push_back({row->field, search::Wanted(condition.values)});
  return {};
}

}  // namespace

bool is_indexed(std::string_view field) {
  return field == index::kSourceField ||
         std::ranges::any_of(search::kFields, [field](const search::FieldRow& row) {
           return row.name == field && std::ranges::find(index::kIndexedFields, row.field) !=
                                           index::kIndexedFields.end();
         });
}

Result<search::Question> question_of(const Asked& asked) {
  if (asked.conditions.empty()) return invalid("nothing is asked");
  if (!is_indexed(asked.conditions.front().field))
    return invalid("indexes have no rows of " + asked.conditions.front().field);
  search::Question question;
  for (const auto& condition : asked.conditions) {
    if (std::ranges::find(condition.values, "") != condition.values.end())
      return invalid("an empty " + condition.field + " is in no event");
    RETURN_IF_ERROR(add_condition(question, condition));
  }
  question.from_us = asked.from_us;
  question.until_us = asked.until_us;
  if (question.from_us && question.until_us && *question.until_us <= *question.from_us)
    return invalid("the period ends before it begins");
  return question;
}

bool is_outside(const Asked& asked, const format::IndexCommitment& index) {
  return (asked.until_us && index.earliest_us >= *asked.until_us) ||
         (asked.from_us && index.latest_us < *asked.from_us);
}

}  // namespace varve::evidence
