// What is not said says so.
#include "tools/audit/search/accounting_cells.h"

namespace varve::audit {
namespace {

std::string or_not_said(const std::string& text) {
  return text.empty() ? "not said" : text;
}

std::string all_of(const std::vector<std::uint64_t>& records) {
  std::string text;
  for (const std::uint64_t record : records)
    text.append(text.empty() ? "" : " ").append(std::to_string(record));
  return text;
}

std::string times_text(const Disclosure& line) {
  if (line.records.size() == 1) return "once";
  return std::to_string(line.records.size()) + " times, the last on " + line.last_date;
}

}  // namespace

std::vector<std::string> disclosure_titles(bool with_reason) {
  std::vector<std::string> titles{"date", "recipient", "what", "purpose", "how often", "records"};
  if (with_reason) titles.emplace_back("why");
  return titles;
}

std::vector<std::string> disclosure_cells(const Disclosure& line, bool with_reason,
                                          bool shortened) {
  std::vector<std::string> cells{line.date,
                                 or_not_said(line.recipient),
                                 or_not_said(line.what),
                                 or_not_said(line.purpose),
                                 times_text(line),
                                 shortened ? some_of(line.records) : all_of(line.records)};
  if (with_reason) cells.emplace_back(line.why);
  return cells;
}

}  // namespace varve::audit
