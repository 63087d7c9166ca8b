// Cells, and how they stand beside each other.
#include "tools/audit/search/row.h"

#include <algorithm>

#include "ledger/base/month.h"
#include "ledger/base/visible.h"
#include "tools/audit/answer_json.h"

namespace varve::audit {
namespace {

using search::Field;

constexpr std::size_t kWidthMax = 32;  // a longer cell pushes its line to the right

/// A time that is not the event's own, or cannot be, has a mark.
std::string time_cell(const Seen& seen) {
  const search::EventTime time = search::time_of(seen.view, seen.origin);
  return time_text(time.us) + (time.is_of_record ? "?" : "") + (time.is_ahead ? "!" : "");
}

std::string record_cell(const Seen& seen) {
  const std::string record = std::to_string(seen.record.value);
  return seen.of == 1 ? record : record + "." + std::to_string(seen.event + 1);
}

const char* time_kind(const search::EventTime& time) {
  return time.is_of_record ? "record" : time.is_ahead ? "event, ahead of its record" : "event";
}

using Cells = std::vector<std::string>;

Cells cells_of(const Row& row) {
  const events::View& view = row.seen.view;
  const auto cell = [&view](Field field) { return joined(search::values_of(view, field)); };
  return {record_cell(row.seen),
          time_cell(row.seen),
          doer_of(view),
          cell(Field::kAction),
          cell(Field::kPatient),
          cell(Field::kObject),
          cell(Field::kOutcome) + (view.is_emergency ? " EMERGENCY" : "")};
}

std::size_t width_of(std::string_view text) {  // characters, not bytes
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string line_of(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line.append(i > 0 ? "  " : "").append(cells[i]);
    line.append(widths[i] - std::min(widths[i], width_of(cells[i])), ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string name_of(const events::Actor& actor) {
  const std::string& name = actor.id.empty() ? actor.name : actor.id;
  if (actor.id.empty() || actor.name.empty()) return name.empty() ? actor.address : name;
  return name + " (" + actor.name + ")";
}

/// Whoever opens such a file in a spreadsheet must not run what a sender wrote.
bool is_formula(std::string_view text) {
  return !text.empty() &&
         std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
}

}  // namespace

std::string joined(const std::vector<std::string>& values) {
  std::string all;
  for (const std::string& value : values) all.append(all.empty() ? "" : "; ").append(value);
  return all;
}

std::string doer_of(const events::View& view) {
  std::vector<std::string> names;
  for (const events::Actor* actor : search::doers_of(view)) names.push_back(name_of(*actor));
  return joined(names);
}

std::string aligned(std::vector<Cells> lines) {
  std::vector<std::size_t> widths;
  for (Cells& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = visible(line[i]);
      widths[i] = std::max(widths[i], std::min(width_of(line[i]), kWidthMax));
    }
  }
  std::string table;
  for (const Cells& line : lines) table.append("\n").append(line_of(line, widths));
  return table;
}

std::string table_of(const std::vector<Row>& rows) {
  std::vector<Cells> lines{{"record", "when", "who", "action", "whom", "what", "outcome"}};
  for (const Row& row : rows) lines.push_back(cells_of(row));
  return aligned(std::move(lines));
}

std::string json_of(const Row& row) {
  const events::View& view = row.seen.view;
  const search::EventTime time = search::time_of(view, row.seen.origin);
  AnswerJson json;
  json.add("record", row.seen.record.value)
      .add("event", row.seen.event + 1)
      .add("events_of_record", row.seen.of)
      .add("time", time_text(time.us))
      .add("time_of", time_kind(time))
      .add("source", row.source);
  for (const search::FieldRow& field : search::kFields) {
    const auto values = search::values_of(view, field.field);
    if (!values.empty()) json.raw(field.name, list_json(values, &format::json_quoted));
  }
  if (view.is_emergency) json.raw("emergency", "true");
  return json.take();
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    line.append(line.empty() ? "\"" : ",\"");
    if (is_formula(cell)) line.append("'");
    for (const char c : cell) line.append(c == '"' ? 2 : 1, c);
    line.append("\"");
  }
  return line.append("\r\n");
}

std::string csv_of(const std::vector<Row>& rows) {
  std::vector<std::string> titles{"record", "event", "time", "time_of", "source"};
  for (const search::FieldRow& field : search::kFields) titles.emplace_back(field.name);
  titles.emplace_back("emergency");
  std::string csv = csv_line(titles);
  for (const Row& row : rows) {
    const events::View& view = row.seen.view;
    const search::EventTime time = search::time_of(view, row.seen.origin);
    std::vector<std::string> cells{std::to_string(row.seen.record.value),
                                   std::to_string(row.seen.event + 1), time_text(time.us),
                                   time_kind(time), row.source};
    for (const search::FieldRow& field : search::kFields)
      cells.push_back(joined(search::values_of(view, field.field)));
    cells.emplace_back(view.is_emergency ? "yes" : "");
    csv.append(csv_line(cells));
  }
  return csv;
}

}  // namespace varve::audit
