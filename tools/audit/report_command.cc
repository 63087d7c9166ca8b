// varve-audit report and disclosures: what an officer reviews, and what a patient may ask for. Both read and
// audit the whole log.
#include <chrono>

#include "ledger/env/posix.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/gone.h"
#include "tools/audit/reading.h"
#include "tools/audit/search/accounting_text.h"
#include "tools/audit/search/report.h"
#include "tools/audit/search/row.h"
#include "tools/common/files.h"

namespace varve::audit {
namespace {

Result<ReportKind> report_named(const std::string& name) {
  std::string names;
  for (const ReportRow& row : kReports) {
    if (row.name == name) return row.kind;
    names.append(names.empty() ? "" : ", ").append(row.name);
  }
  return invalid("there is no report " + name + ": it is one of " + names);
}

/// Six years before a time: the same day and hour of that year, and of 29 February the 28th.
std::uint64_t six_years_before(std::uint64_t time_us) {
  using namespace std::chrono;
  const sys_time<microseconds> now{microseconds{time_us}};
  const auto day = floor<days>(now);
  year_month_day date{day};
  date -= years{6};
  if (!date.ok()) date = date.year() / date.month() / last;
  return static_cast<std::uint64_t>((sys_days{date} + (now - day)).time_since_epoch().count());
}

}  // namespace

Result<Answer> run_report(const Request& request) {
  ASSIGN_OR_RETURN(const ReportKind kind, report_named(request.report));
  if (request.hours.until <= request.hours.from)
    return invalid("--day-ends is not after --day-begins: every hour would be after hours");
  ASSIGN_OR_RETURN(const search::Question question, question_of(request.asked));
  Report report(kind, request.hours);
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    const auto lines =
        report.lines([&intact](SourceId source) { return source_name(intact, source); });
    const auto cells = cells_of(kind, lines);
    std::string csv;
    for (const auto& line : cells) csv.append(csv_line(line));
    if (!request.asked.csv_file.empty())
      RETURN_IF_ERROR(tools::replace_file(request.asked.csv_file, bytes_of(csv)));
    Answer answer;
    answer.line = request.report + "; " + in_words(scan.question()) + ": " +
                  std::to_string(lines.size()) + (lines.size() == 1 ? " line" : " lines");
    if (!lines.empty() && request.asked.csv_file.empty()) answer.line += aligned(cells);
    if (const std::string left = report.left_out(); !left.empty()) answer.line += "\n" + left;
    answer.json = AnswerJson()
                      .add("report", request.report)
                      .raw("lines", json_of(kind, lines))
                      .raw("without_name", numbers_json(report.without_name()))
                      .take();
    return answer;
  };
  return read_events(
      request, question, [&report](const Seen& seen) { report.add(seen); }, say);
}

Result<Answer> run_disclosures(const Request& request) {
  const std::uint64_t now_us = env::posix_clock().now_us();
  ASSIGN_OR_RETURN(search::Question question, question_of(request.asked));
  ASSIGN_OR_RETURN(const auto patient, read_values(request.asked.files[0]));
  if (!question.until_us) question.until_us = now_us;
  if (!question.from_us) question.from_us = six_years_before(*question.until_us);
  RETURN_IF_ERROR(expect_period(question));
  Accounting accounting{search::Wanted(patient)};
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    Answer gone;
    add_gone(intact.destroyed, gone);
    const AccountingFrame frame{
        patient,     *question.from_us, *question.until_us,   now_us, intact.checkpoint.checkpoint,
        scan.text(), gone.line,         scan.may_match() != 0};
    if (!request.asked.csv_file.empty())
      RETURN_IF_ERROR(
          tools::replace_file(request.asked.csv_file, bytes_of(accounting_csv(accounting))));
    if (!request.html_file.empty())
      RETURN_IF_ERROR(
          tools::replace_file(request.html_file, bytes_of(accounting_html(accounting, frame))));
    Answer answer;
    answer.line = "disclosures; " + in_words(scan.question()) + "\n" + accounting_text(accounting);
    answer.json = AnswerJson().raw("disclosures", accounting_json(accounting)).take();
    return answer;
  };
  return read_events(
      request, question, [&accounting](const Seen& seen) { accounting.add(seen); }, say);
}

}  // namespace varve::audit
