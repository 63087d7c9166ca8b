// Text, JSON, CSV, HTML.
#include "tools/audit/search/accounting_text.h"

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/search/row.h"

namespace varve::audit {
namespace {

constexpr std::size_t kRecordsMax = 20;  // shown of one line
constexpr std::size_t kDateLength = 10;  // of "2026-03-01T08:00:00Z"

std::string date_of(std::uint64_t time_us) {
  return time_text(time_us).substr(0, kDateLength);
}

std::string or_not_said(const std::string& text) {
  return text.empty() ? "not said" : text;
}

std::string records_text(const std::vector<std::uint64_t>& records) {
  std::string text;
  for (std::size_t i = 0; i < records.size() && i < kRecordsMax; ++i)
    text.append(i == 0 ? "" : " ").append(std::to_string(records[i]));
  if (records.size() > kRecordsMax)
    text.append(" and " + std::to_string(records.size() - kRecordsMax) + " more");
  return text;
}

std::string times_text(const Disclosure& line) {
  return line.count == 1
             ? "once"
             : std::to_string(line.count) + " times, the last on " + date_of(line.last_us);
}

std::vector<std::string> disclosure_cells(const Disclosure& line) {
  return {date_of(line.first_us), or_not_said(line.recipient),
          or_not_said(line.what), or_not_said(line.purpose),
          times_text(line),       records_text(line.records)};
}

const std::vector<std::string> kTitles{"date",    "recipient", "what",
                                       "purpose", "how often", "records"};

std::string table_of_lines(const std::vector<Disclosure>& lines) {
  std::vector<std::vector<std::string>> cells{kTitles};
  for (const Disclosure& line : lines) cells.push_back(disclosure_cells(line));
  return aligned(std::move(cells));
}

std::string json_of_lines(const std::vector<Disclosure>& lines) {
  return list_json(lines, [](const Disclosure& line) {
    return AnswerJson()
        .add("recipient", line.recipient)
        .add("purpose", line.purpose)
        .add("what", line.what)
        .add("count", line.count)
        .add("first", time_text(line.first_us))
        .add("last", time_text(line.last_us))
        .raw("records",
             list_json(line.records, [](std::uint64_t index) { return std::to_string(index); }))
        .take();
  });
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : visible(text)) {
    switch (c) {
      case '&':
        html.append("&amp;");
        break;
      case '<':
        html.append("&lt;");
        break;
      case '>':
        html.append("&gt;");
        break;
      case '"':
        html.append("&quot;");
        break;
      default:
        html.push_back(c);
    }
  }
  return html;
}

std::string html_table(const std::vector<Disclosure>& lines) {
  std::string html = "<table>\n<tr>";
  for (const std::string& title : kTitles) html.append("<th>").append(title).append("</th>");
  html.append("</tr>\n");
  for (const Disclosure& line : lines) {
    html.append("<tr>");
    for (const std::string& cell : disclosure_cells(line))
      html.append("<td>").append(escaped(cell)).append("</td>");
    html.append("</tr>\n");
  }
  return html.append("</table>\n");
}

constexpr const char* kHtmlHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<title>Accounting of disclosures</title>\n<style>\n"
    "body{font:11pt sans-serif;margin:2em;max-width:60em}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}\n"
    "tr{break-inside:avoid}\nthead{display:table-header-group}\n"
    "footer{margin-top:2em;font-size:9pt}\n</style>\n</head>\n<body>\n";

std::string paragraph(std::string_view text) {
  return "<p>" + escaped(text) + "</p>\n";
}

std::string plural(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

std::string accounting_text(const Accounting& accounting) {
  const auto told = accounting.told();
  const auto review = accounting.review();
  std::string text = "to be told: " + plural(told.size(), "line", "lines");
  if (!told.empty()) text += table_of_lines(told);
  text += "\nto be reviewed first, for the event does not say what for: " +
          plural(review.size(), "line", "lines");
  if (!review.empty()) text += table_of_lines(review);
  text += "\nnot to be told: " + plural(accounting.exempt(), "disclosure", "disclosures") +
          " for treatment, payment or operations, or to or for the patient, by the purpose of the "
          "event";
  text += "\nfailed, so that nothing left: " + std::to_string(accounting.failed());
  const std::size_t received = accounting.received().size();
  if (received != 0)
    text += "\n" + plural(received, "event names a recipient", "events name a recipient") +
            ", and neither an export nor a disclosure: records " +
            records_text(accounting.received());
  return text;
}

std::string accounting_json(const Accounting& accounting) {
  return AnswerJson()
      .raw("told", json_of_lines(accounting.told()))
      .raw("review", json_of_lines(accounting.review()))
      .add("exempt", accounting.exempt())
      .add("failed", accounting.failed())
      .raw("received", list_json(accounting.received(),
                                 [](std::uint64_t index) { return std::to_string(index); }))
      .take();
}

std::string accounting_csv(const Accounting& accounting) {
  std::vector<std::string> titles = kTitles;
  titles.emplace_back("review");
  std::string csv = csv_line(titles);
  const auto add = [&csv](const std::vector<Disclosure>& lines, const char* review) {
    for (const Disclosure& line : lines) {
      auto cells = disclosure_cells(line);
      cells.emplace_back(review);
      csv.append(csv_line(cells));
    }
  };
  add(accounting.told(), "");
  add(accounting.review(), "yes");
  return csv;
}

std::string accounting_html(const Accounting& accounting, const AccountingFrame& frame) {
  const auto told = accounting.told();
  const auto review = accounting.review();
  std::string html = kHtmlHead;
  html += "<h1>Accounting of disclosures</h1>\n";
  html +=
      paragraph("From " + date_of(frame.from_us) + " until " + date_of(frame.until_us) +
                ". Disclosures for treatment, payment or health care operations, and those to "
                "the patient or at the patient's request, need not be listed (45 CFR 164.528).");
  if (told.empty()) html += paragraph("There was no disclosure that has to be told.");
  if (!told.empty()) html += html_table(told);
  if (!review.empty()) {
    html += "<h2>To be reviewed before this is handed over</h2>\n";
    html += paragraph("These events do not say what for, or in a way that is not known.");
    html += html_table(review);
  }
  html += "<footer>\n";
  if (!frame.gone.empty()) html += paragraph(frame.gone);
  html += paragraph("Complete under the checkpoint of " + std::to_string(frame.tree.size.value) +
                    " records of " + frame.tree.origin + ", root " +
                    base64(frame.tree.root.view()) + ": " + frame.read);
  return html + "</footer>\n</body>\n</html>\n";
}

}  // namespace varve::audit
