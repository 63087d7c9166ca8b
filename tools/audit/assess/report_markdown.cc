// Answers are code blocks, indented: no line of theirs can end such a block.
#include "ledger/base/visible.h"
#include "tools/audit/assess/judge.h"
#include "tools/audit/assess/report.h"

namespace varve::audit::assess {
namespace {

std::string block(const std::string& text) {
  std::string lines = "    ";
  std::string shown = visible_lines(text);
  while (shown.ends_with('\n')) shown.pop_back();
  for (const char c : shown) lines += c == '\n' ? std::string("\n    ") : std::string(1, c);
  return lines + "\n";
}

std::string clause_list(const Outcome& outcome) {
  std::string list;
  for (const Clause clause : outcome.clauses)
    list.append(list.empty() ? "" : "; ").append(citation(clause));
  return list;
}

/// It may hold a path or what a program said: no markup of theirs.
std::string plain(const std::string& text) {
  std::string escaped;
  for (const char c : visible(text)) {
    if (std::string_view("\\`*_[]<>#|").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string outcome_text(const Outcome& outcome) {
  std::string text = "### " + outcome.name + ": " + std::string(verdict_text(outcome.verdict)) +
                     "\n\n" + outcome.what + " It must be " +
                     std::string(wanted_text(outcome.wanted)) + ".\n\n";
  if (outcome.verdict == Verdict::kNotTried)
    text += "Not tried, because " + plain(outcome.why) + ".\n\n";
  if (outcome.verdict == Verdict::kDidNotHold)
    text += "**Did not hold: " + plain(outcome.why) + ".**\n\n";
  text += "Speaks to " + clause_list(outcome) + ".\n\n";
  if (outcome.answered.command.empty()) return text;
  return text + block(outcome.answered.command) + "\nanswered with " +
         (outcome.answered.by_server ? "status " : "exit code ") +
         std::to_string(outcome.answered.code) + ":\n\n" + block(outcome.answered.text) + "\n";
}

std::string summary(const Report& report) {
  const Counts counts = count(report.all());
  std::string text = "| verdict | attempts |\n|---|---|\n";
  text += "| held | " + std::to_string(counts.held) + " |\n";
  text += "| did not hold | " + std::to_string(counts.did_not_hold) + " |\n";
  return text + "| not tried | " + std::to_string(counts.not_tried) + " |\n\n";
}

std::string clause_table() {
  std::string text =
      "## Clauses\n\nThat an attempt speaks to a clause says no more than that. Whether "
      "an organisation complies is for its assessor to judge.\n\n"
      "| clause | is about |\n|---|---|\n";
  for (int k = 0; k < kClauses; ++k) {
    const auto clause = static_cast<Clause>(k);
    text.append("| ").append(citation(clause)).append(" | ").append(subject(clause)).append(" |\n");
  }
  return text;
}

}  // namespace

std::string markdown(const Report& report) {
  std::string text = "# Assessment of " + plain(report.origin) + "\n\nA " + report.mode +
                     " log, from " + report.began + " to " + report.ended + ", by " +
                     plain(report.version) + ".\n\n" + summary(report);
  for (const ReportGroup& group : report.groups) {
    text += "## " + group.heading + "\n\n";
    for (const Outcome& outcome : group.outcomes) text += outcome_text(outcome);
  }
  return text + clause_table();
}

}  // namespace varve::audit::assess
