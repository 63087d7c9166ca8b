// Sentences.
#include "tools/audit/evidence_text.h"

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/verify/source_text.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/search/row.h"
#include "tools/common/exit_code.h"

namespace varve::audit {
namespace {

using evidence::ProvenAnswer;

std::string records_text(std::uint64_t first, std::uint64_t end) {
  return first + 1 == end ? "record " + std::to_string(first)
                          : "records " + std::to_string(first) + " to " + std::to_string(end - 1);
}

std::string asked_text(const evidence::Asked& asked) {
  std::string text;
  for (const auto& condition : asked.conditions) {
    text.append(text.empty() ? "" : "; ").append(condition.field).append(" ");
    for (std::size_t k = 0; k < condition.values.size(); ++k)
      text.append(k == 0 ? "" : " or ").append(condition.values[k]);
  }
  if (asked.from_us) text.append("; from ").append(time_text(*asked.from_us));
  if (asked.until_us) text.append("; until ").append(time_text(*asked.until_us));
  return text;
}

std::string asked_json(const evidence::Asked& asked) {
  AnswerJson json;
  for (const auto& condition : asked.conditions)
    json.raw(condition.field,
             list_json(condition.values, [](const auto& value) { return format::json_quoted(value); }));
  if (asked.from_us) json.add("from", time_text(*asked.from_us));
  if (asked.until_us) json.add("until", time_text(*asked.until_us));
  return json.take();
}

/// Sources are in no evidence: their ids are.
std::vector<Row> rows_of(const ProvenAnswer& answer) {
  std::vector<Row> rows;
  for (const evidence::ProvenEvent& event : answer.events)
    rows.push_back({{event.record, event.event, event.of, event.origin, event.view},
                    verify::source_text(event.origin.source)});
  return rows;
}

std::string range_json(const evidence::Range& range) {
  return AnswerJson().add("first", range.first.value).add("end", range.end.value).take();
}

}  // namespace

std::string completeness_text(const ProvenAnswer& answer) {
  std::string text = "complete for " + records_text(answer.first.value, answer.end.value) +
                     ", under " + std::to_string(answer.indexes) +
                     (answer.indexes == 1 ? " index" : " indexes") +
                     " that the log committed to: no other event among them says so in what was "
                     "understood (rules of version " +
                     std::to_string(answer.extractor) + ")";
  if (!answer.may_answer.empty())
    text.append("\nmay answer, for more is in it than was understood: ")
        .append(of_records(answer.may_answer.size()))
        .append(": ")
        .append(some_of(answer.may_answer));
  for (const evidence::Range& gone : answer.gone)
    text.append("\nnothing is said of ")
        .append(records_text(gone.first.value, gone.end.value))
        .append(": what their index was made of is gone");
  const std::uint64_t size = answer.in.checkpoint.size.value;
  if (answer.first.value > 0)
    text.append("\nnothing is said of ")
        .append(records_text(0, answer.first.value))
        .append(": there is no index of them");
  if (answer.end.value < size)
    text.append("\nnothing is said of ")
        .append(records_text(answer.end.value, size))
        .append(", behind the last of these indexes");
  return text;
}

std::string completeness_json(const ProvenAnswer& answer) {
  return AnswerJson()
      .add("first", answer.first.value)
      .add("end", answer.end.value)
      .add("indexes", answer.indexes)
      .add("extractor", std::uint64_t{answer.extractor})
      .raw("may_answer", numbers_json(answer.may_answer))
      .raw("gone", list_json(answer.gone, range_json))
      .take();
}

Answer evidence_answer(const ProvenAnswer& answer) {
  const format::Checkpoint& tree = answer.in.checkpoint;
  const std::vector<Row> rows = rows_of(answer);
  Answer out;
  if (!answer.gone.empty()) out.exit = tools::kExitGone;
  out.line = "verified: " + asked_text(answer.asked) + ": " +
             (rows.size() == 1 ? "1 event answers" : std::to_string(rows.size()) + " events answer") +
             " in " + tree.origin + ", under the checkpoint of " + std::to_string(tree.size.value) +
             " records, root " + base64(tree.root.view());
  if (!rows.empty()) out.line += table_of(rows);
  out.line += "\n" + completeness_text(answer);
  out.json = AnswerJson()
                 .add("result", "verified")
                 .add("origin", tree.origin)
                 .add("size", tree.size.value)
                 .add("root", base64(tree.root.view()))
                 .raw("asked", asked_json(answer.asked))
                 .raw("events", list_json(rows, [](const Row& row) { return json_of(row); }))
                 .raw("complete", completeness_json(answer))
                 .take();
  return out;
}

}  // namespace varve::audit
