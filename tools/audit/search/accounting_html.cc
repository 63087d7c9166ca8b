// The page for a printer. Whatever a sender wrote is text in it.
#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/base/text.h"
#include "ledger/base/visible.h"
#include "tools/audit/search/accounting_cells.h"
#include "tools/audit/search/accounting_text.h"
#include "tools/audit/search/row.h"

namespace varve::audit {
namespace {

constexpr const char* kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<title>Accounting of disclosures</title>\n<style>\n"
    "body{font:11pt sans-serif;margin:2em;max-width:60em}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}\n"
    "tr{break-inside:avoid}\nthead{display:table-header-group}\n"
    "footer{margin-top:2em;font-size:9pt}\n</style>\n</head>\n<body>\n";

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

std::string row_of(const std::vector<std::string>& cells, const std::string& tag) {
  std::string html = "<tr>";
  for (const std::string& cell : cells)
    html.append("<" + tag + ">").append(escaped(cell)).append("</" + tag + ">");
  return html.append("</tr>\n");
}

std::string html_table(const std::vector<Disclosure>& lines, bool with_reason) {
  std::string html =
      "<table>\n<thead>" + row_of(disclosure_titles(with_reason), "th") + "</thead>\n<tbody>\n";
  for (const Disclosure& line : lines)
    html.append(row_of(disclosure_cells(line, with_reason, true), "td"));
  return html.append("</tbody>\n</table>\n");
}

/// A paragraph a line.
std::string paragraphs(std::string_view lines) {
  std::string html;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    if (end != 0) html.append("<p>").append(escaped(lines.substr(0, end))).append("</p>\n");
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return html;
}

std::string date_text(std::uint64_t us) {
  constexpr std::size_t kLength = 10;
  return time_text(us).substr(0, kLength);
}

std::string left_out_lines(const Accounting& accounting) {
  std::string lines;
  for (const auto& [why, records] : accounting.left_out())
    lines.append("Left out, ")
        .append(why)
        .append(": ")
        .append(of_records(records.size()))
        .append("\n");
  if (!accounting.received().empty())
    lines.append("No disclosure by what they say, but with a recipient: ")
        .append(of_records(accounting.received().size()))
        .append("\n");
  return lines;
}

/// Only where nothing is left open.
std::string nothing_text(const AccountingFrame& frame, bool has_review) {
  if (frame.gone.empty() && !frame.may_be_more && !has_review)
    return "There was no disclosure that has to be listed.";
  return "No disclosure was found that has to be listed. See below for what is left open.";
}

}  // namespace

std::string accounting_html(const Accounting& accounting, const AccountingFrame& frame) {
  const auto told = accounting.told();
  const auto review = accounting.review();
  std::string html = kHead;
  html += "<h1>Accounting of disclosures</h1>\n";
  html += paragraphs(
      "For the patient with " + joined(frame.patient) + "\nFrom " + date_text(frame.from_us) +
      " until " + date_text(frame.until_us) + ", made on " + date_text(frame.made_us) +
      ". Disclosures for treatment, payment or health care operations, and those to the "
      "patient or at the patient's request, need not be listed (45 CFR 164.528).");
  html += told.empty() ? paragraphs(nothing_text(frame, !review.empty())) : html_table(told, false);
  if (!review.empty()) {
    html += "<h2>To be reviewed before this is handed over</h2>\n";
    html += html_table(review, true);
  }
  html += "<footer>\n" + paragraphs(left_out_lines(accounting)) + paragraphs(frame.gone);
  html += paragraphs("Under the checkpoint of " + std::to_string(frame.tree.size.value) +
                     " records of " + frame.tree.origin + ", root " +
                     base64(frame.tree.root.view()) + "\n" + frame.read);
  return html + "</footer>\n</body>\n</html>\n";
}

}  // namespace varve::audit
