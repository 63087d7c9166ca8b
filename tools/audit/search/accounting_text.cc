// Text, JSON and CSV.
#include "tools/audit/search/accounting_text.h"

#include "ledger/base/month.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/search/accounting_cells.h"
#include "tools/audit/search/row.h"

namespace varve::audit {
namespace {

std::string table_of_lines(const std::vector<Disclosure>& lines, bool with_reason) {
  std::vector<std::vector<std::string>> cells{disclosure_titles(with_reason)};
  for (const Disclosure& line : lines) cells.push_back(disclosure_cells(line, with_reason, true));
  return aligned(std::move(cells));
}

std::string json_of_lines(const std::vector<Disclosure>& lines) {
  return list_json(lines, [](const Disclosure& line) {
    AnswerJson json;
    json.add("recipient", line.recipient)
        .add("purpose", line.purpose)
        .add("what", line.what)
        .add("count", line.records.size())
        .add("date", line.date)
        .add("first", time_text(line.first_us))
        .add("last", time_text(line.last_us));
    if (!line.why.empty()) json.add("why", line.why);
    return json.raw("records", numbers_json(line.records)).take();
  });
}

std::string reasons_json(const Accounting::Reasons& reasons) {
  std::string list;
  for (const auto& [why, records] : reasons)
    list.append(list.empty() ? "" : ",")
        .append(AnswerJson().add("why", why).raw("records", numbers_json(records)).take());
  return "[" + list + "]";
}

}  // namespace

std::string accounting_text(const Accounting& accounting) {
  const auto told = accounting.told();
  const auto review = accounting.review();
  std::string text = "to be listed: " + std::to_string(told.size());
  if (!told.empty()) text += table_of_lines(told, false);
  text += "\nto be reviewed first: " + std::to_string(review.size());
  if (!review.empty()) text += table_of_lines(review, true);
  for (const auto& [why, records] : accounting.left_out())
    text.append("\nleft out, ")
        .append(why)
        .append(": ")
        .append(of_records(records.size()))
        .append(": ")
        .append(some_of(records));
  if (!accounting.received().empty())
    text += "\nno disclosure by what they say, but with a recipient: " +
            of_records(accounting.received().size()) + ": " + some_of(accounting.received());
  return text + "\nother events of the patient: " + std::to_string(accounting.others());
}

std::string accounting_json(const Accounting& accounting) {
  return AnswerJson()
      .raw("listed", json_of_lines(accounting.told()))
      .raw("review", json_of_lines(accounting.review()))
      .raw("left_out", reasons_json(accounting.left_out()))
      .raw("received", numbers_json(accounting.received()))
      .add("others", accounting.others())
      .take();
}

std::string accounting_csv(const Accounting& accounting) {
  std::vector<std::string> titles = disclosure_titles(true);
  titles.insert(titles.begin(), "in the accounting");
  std::string csv = csv_line(titles);
  const auto add = [&csv](const std::vector<Disclosure>& lines, const char* listed) {
    for (const Disclosure& line : lines) {
      auto cells = disclosure_cells(line, true, false);
      cells.insert(cells.begin(), listed);
      csv.append(csv_line(cells));
    }
  };
  add(accounting.told(), "yes");
  add(accounting.review(), "review");
  for (const auto& [why, records] : accounting.left_out())
    for (const std::uint64_t record : records)
      csv.append(csv_line({"no", "", "", "", "", "", std::to_string(record), std::string(why)}));
  for (const std::uint64_t record : accounting.received())
    csv.append(csv_line({"no", "", "", "", "", "", std::to_string(record),
                         "no disclosure by what it says, but with a recipient"}));
  return csv;
}

}  // namespace varve::audit
