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
  ASSIGN_OR_RETURN(const search::Question question, question_of(request.asked));
  Report report(kind, request.hours);
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    const auto lines =
        report.lines([&intact](SourceId source) { return source_name(intact, source); });
    const auto cells = cells_of(kind, lines);
    if (!request.asked.csv_file.empty()) {
      std::string csv;
      for (const auto& line : cells) csv.append(csv_line(line));
      RETURN_IF_ERROR(tools::replace_file(request.asked.csv_file, bytes_of(csv)));
    }
    Answer answer;
    answer.line = intact_line(intact) + "\n" + request.report + "; " + in_words(question) + ": " +
                  std::to_string(lines.size()) + (lines.size() == 1 ? " line" : " lines");
    if (!lines.empty() && request.asked.csv_file.empty()) answer.line += aligned(cells);
    answer.line += "\n" + scan.text();
    answer.json = intact_json(intact, scan)
                      .add("report", request.report)
                      .raw("lines", json_of(kind, lines))
                      .take();
    return answer;
  };
  return read_events(
      request, question, [&report](const Seen& seen) { report.add(seen); }, say);
}

Result<Answer> run_disclosures(const Request& request) {
  ASSIGN_OR_RETURN(search::Question question, question_of(request.asked));
  if (!question.until_us) question.until_us = env::posix_clock().now_us();
  if (!question.from_us) question.from_us = six_years_before(*question.until_us);
  Accounting accounting;
  const auto say = [&](const verify::Intact& intact, const Scan& scan) -> Result<Answer> {
    AccountingFrame frame{
        *question.from_us, *question.until_us, intact.checkpoint.checkpoint, scan.text(), {}};
    if (events_gone(intact.destroyed) != 0)
      frame.gone = std::to_string(events_gone(intact.destroyed)) +
                   " events are gone, and nothing can be said of them.";
    if (!request.asked.csv_file.empty())
      RETURN_IF_ERROR(
          tools::replace_file(request.asked.csv_file, bytes_of(accounting_csv(accounting))));
    if (!request.html_file.empty())
      RETURN_IF_ERROR(
          tools::replace_file(request.html_file, bytes_of(accounting_html(accounting, frame))));
    Answer answer;
    answer.line = intact_line(intact) + "\ndisclosures; " + in_words(question) + "\n" +
                  accounting_text(accounting) + "\n" + scan.text();
    answer.json = intact_json(intact, scan).raw("disclosures", accounting_json(accounting)).take();
    return answer;
  };
  return read_events(
      request, question, [&accounting](const Seen& seen) { accounting.add(seen); }, say);
}

}  // namespace varve::audit
