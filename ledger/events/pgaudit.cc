// One record of pgAudit: AUDIT: and nine or ten fields of CSV, which may span lines.
#include <vector>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

constexpr std::string_view kMark = "AUDIT: ";

/// A field that a comma or the end follows. False: a quote does not end, or is in the middle.
bool eat_csv_field(std::string_view& text, std::string& out) {
  if (!text.starts_with('"')) {
    out = text.substr(0, text.find(','));
    text.remove_prefix(out.size());
    return out.find('"') == std::string::npos;
  }
  text.remove_prefix(1);
  for (;;) {
    const std::size_t quote = text.find('"');
    out += text.substr(0, quote);
    if (quote == std::string_view::npos) return false;
    text.remove_prefix(quote + 1);
    if (!text.starts_with('"')) break;
    out += '"';
    text.remove_prefix(1);
  }
  return text.empty() || text.front() == ',';
}

bool parse_csv(std::string_view text, std::vector<std::string>& fields) {
  for (;;) {
    if (!eat_csv_field(text, fields.emplace_back())) return false;
    if (text.empty()) return true;
    text.remove_prefix(1);
  }
}

/// "NOTICE:  " is a severity; any other prefix (log_line_prefix) can say anything.
void read_prefix(std::string_view prefix, View& view, Extraction& out) {
  while (prefix.ends_with(' ')) prefix.remove_suffix(1);
  if (prefix.empty()) return;
  const bool is_word =
      prefix.find(':') == prefix.size() - 1 &&
      prefix.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:") == std::string_view::npos;
  if (is_word)
    view.severity = prefix.substr(0, prefix.size() - 1);
  else
    out.add_gap("prefix", "what is before AUDIT: depends on log_line_prefix");
}

}  // namespace

void read_pgaudit(std::string_view text, Extraction& out) {
  const std::size_t mark = text.find(kMark);
  View view;
  read_prefix(text.substr(0, mark), view, out);
  text.remove_prefix(mark + kMark.size());
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  std::vector<std::string> fields;
  const bool is_whole = parse_csv(text, fields);
  if (!is_whole || fields.size() < 9 || fields.size() > 10)
    out.add_gap("payload",
                is_whole ? "pgAudit has nine or ten fields" : "a quote that does not end");
  if (fields.size() < 7 || (!is_whole && fields.size() < 8)) return;
  view.id = fields[1] + "/" + fields[2];
  view.types = {{fields[0], ""}, {fields[3], ""}};
  view.action = fields[4];
  Resource object;
  object.id = fields[6];
  if (!fields[5].empty()) object.types = {{fields[5], ""}};
  constexpr const char* kNames[] = {"statement", "parameter", "rows"};
  for (std::size_t i = 7; i < fields.size() && i < 10 && is_whole; ++i)
    if (!fields[i].empty()) object.fields.push_back(std::string(kNames[i - 7]) + "=" + fields[i]);
  view.what.push_back(std::move(object));
  out.events.push_back(std::move(view));
}

}  // namespace varve::events
