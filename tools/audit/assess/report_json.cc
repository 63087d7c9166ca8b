// One object. What was answered is there verbatim.
#include "tools/audit/answer_json.h"
#include "tools/audit/assess/judge.h"
#include "tools/audit/assess/report.h"

namespace varve::audit::assess {
namespace {

std::string quoted(std::string_view text) {
  return format::json_quoted(text);
}

std::string answered_json(const Answered& answered) {
  return AnswerJson()
      .add("command", answered.command)
      .add(answered.by_server ? "status" : "exit", static_cast<std::uint64_t>(answered.code))
      .add("answer", answered.text)
      .take();
}

std::string outcome_json(const Outcome& outcome) {
  AnswerJson object;
  object.add("name", outcome.name).add("what", outcome.what);
  object.raw("clauses",
             list_json(outcome.clauses, [](Clause clause) { return quoted(citation(clause)); }));
  object.add("must_be", wanted_text(outcome.wanted));
  object.add("verdict", verdict_text(outcome.verdict));
  if (!outcome.why.empty()) object.add("why", outcome.why);
  if (!outcome.answered.command.empty()) object.raw("answered", answered_json(outcome.answered));
  return object.take();
}

std::string group_json(const ReportGroup& group) {
  return AnswerJson()
      .add("heading", group.heading)
      .raw("attempts", list_json(group.outcomes, outcome_json))
      .take();
}

std::string clauses_json() {
  AnswerJson object;
  for (int k = 0; k < kClauses; ++k) {
    const auto clause = static_cast<Clause>(k);
    object.add(citation(clause), subject(clause));
  }
  return object.take();
}

}  // namespace

std::string json(const Report& report) {
  const Counts counts = count(report.all());
  return AnswerJson()
             .add("origin", report.origin)
             .add("mode", report.mode)
             .add("began", report.began)
             .add("ended", report.ended)
             .add("version", report.version)
             .add("held", counts.held)
             .add("did_not_hold", counts.did_not_hold)
             .add("not_tried", counts.not_tried)
             .raw("clauses", clauses_json())
             .raw("groups", list_json(report.groups, group_json))
             .take() +
         "\n";
}

}  // namespace varve::audit::assess
