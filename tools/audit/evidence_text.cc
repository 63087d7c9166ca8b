// Sentences.
#include "tools/audit/evidence_text.h"

#include <algorithm>
#include <set>

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
      text.append(k == 0 ? "" : " or ").append(format::json_quoted(condition.values[k]));
  }
  if (asked.from_us) text.append("; from ").append(time_text(*asked.from_us));
  if (asked.until_us) text.append("; until ").append(time_text(*asked.until_us));
  return text;
}

std::string asked_json(const evidence::Asked& asked) {
  AnswerJson json;
  for (const auto& condition : asked.conditions)
    json.raw(condition.field, list_json(condition.values, [](const auto& value) {
               return format::json_quoted(value);
             }));
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

std::string gone_json(const evidence::Gone& gone) {
  return AnswerJson()
      .add("first", gone.records.first.value)
      .add("end", gone.records.end.value)
      .add("disposal", gone.disposal.value)
      .take();
}

std::string ranges_text(const std::vector<evidence::Range>& ranges) {
  std::string text;
  for (const evidence::Range& range : ranges)
    text.append(text.empty() ? "" : ", ").append(records_text(range.first.value, range.end.value));
  return text;
}

/// Of the checkpoint's records, those that no index is of.
std::vector<evidence::Range> in_no_index(const ProvenAnswer& answer) {
  std::vector<evidence::Range> indexed = answer.complete;
  for (const evidence::Gone& gone : answer.gone) indexed.push_back(gone.records);
  std::ranges::sort(indexed, {}, &evidence::Range::first);
  std::vector<evidence::Range> out;
  LeafIndex next;
  for (const evidence::Range& range : indexed) {
    if (next < range.first) out.push_back({next, range.first});
    next = range.end;
  }
  const LeafIndex end = end_of(answer.in.checkpoint.size);
  if (next < end) out.push_back({next, end});
  return out;
}

/// Whether the log may have got events of the period after the newest index was made.
bool reaches_beyond(const ProvenAnswer& answer) {
  return !answer.asked.until_us || *answer.asked.until_us > answer.until_us;
}

std::string of_other_times(const ProvenAnswer& answer) {
  const std::uint64_t closed = answer.indexes - answer.opened;
  return closed == 0 ? "" : " (" + std::to_string(closed) + " of other times, and not opened)";
}

std::string shown_text(const ProvenAnswer& answer) {
  std::set<std::uint64_t> records;
  for (const evidence::ProvenEvent& event : answer.events) records.insert(event.record.value);
  if (records.size() == answer.shown) return "";
  return "\nit holds " + of_records(answer.shown) + " with the first of what is asked, of which " +
         std::to_string(records.size()) + (records.size() == 1 ? " answers" : " answer");
}

}  // namespace

std::string completeness_text(const ProvenAnswer& answer) {
  std::string text =
      answer.complete.empty()
          ? "complete for no record"
          : "complete for " + ranges_text(answer.complete) + ", under " +
                std::to_string(answer.indexes) + (answer.indexes == 1 ? " index" : " indexes") +
                " that the log committed to" + of_other_times(answer) +
                ": no other event among them says so in what was understood. Whether "
                "these indexes are what the records make, this file does not show";
  text.append("\nthe newest index was made on ").append(time_text(answer.until_us));
  if (reaches_beyond(answer))
    text.append(
        ": of what the log got later nothing is said, and the period that is asked for is not over "
        "then");
  if (!answer.may_answer.empty())
    text.append("\nmay answer, for more is in it than was understood: ")
        .append(of_records(answer.may_answer.size()))
        .append(": ")
        .append(some_of(answer.may_answer));
  for (const evidence::Gone& gone : answer.gone)
    text.append("\nnothing can be said of ")
        .append(records_text(gone.records.first.value, gone.records.end.value))
        .append(": record ")
        .append(std::to_string(gone.disposal.value))
        .append(" disposes of their month");
  if (const auto rest = in_no_index(answer); !rest.empty())
    text.append("\nnothing is said of what is in no index here: ").append(ranges_text(rest));
  return text;
}

std::string completeness_json(const ProvenAnswer& answer) {
  return AnswerJson()
      .raw("records", list_json(answer.complete, range_json))
      .add("indexes", answer.indexes)
      .add("opened", answer.opened)
      .add("until", time_text(answer.until_us))
      .raw("covers_period", reaches_beyond(answer) ? "false" : "true")
      .add("extractor", std::uint64_t{answer.extractor})
      .add("shown", answer.shown)
      .raw("may_answer", numbers_json(answer.may_answer))
      .raw("gone", list_json(answer.gone, gone_json))
      .raw("in_no_index", list_json(in_no_index(answer), range_json))
      .take();
}

Answer evidence_answer(const ProvenAnswer& answer) {
  const format::Checkpoint& tree = answer.in.checkpoint;
  const std::vector<Row> rows = rows_of(answer);
  Answer out;
  if (!answer.gone.empty()) out.exit = tools::kExitGone;
  out.line =
      "verified: " + asked_text(answer.asked) + ": " +
      (rows.size() == 1 ? "1 event answers" : std::to_string(rows.size()) + " events answer") +
      " in " + tree.origin + ", under the checkpoint of " + std::to_string(tree.size.value) +
      " records, root " + base64(tree.root.view());
  if (answer.is_draft)
    out.line +=
        "\na draft log, for trying: its indexes are of key periods, and its records may go within "
        "minutes";
  if (!rows.empty()) out.line += table_of(rows);
  out.line += shown_text(answer) + "\n" + completeness_text(answer);
  AnswerJson json;
  json.add("result", "verified")
      .add("origin", tree.origin)
      .add("size", tree.size.value)
      .add("root", base64(tree.root.view()));
  if (answer.is_draft)
    json.add("mode", "draft");  // that a log is locked its policy records show alone
  out.json = json.raw("asked", asked_json(answer.asked))
                 .raw("events", list_json(rows, [](const Row& row) { return json_of(row); }))
                 .raw("complete", completeness_json(answer))
                 .take();
  return out;
}

}  // namespace varve::audit
