// ArcSight's Common Event Format: seven fields between bars, then key=value.
#include <utility>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

constexpr std::size_t kHeaderFields = 7;

/// Cuts the field before the next bar that no backslash escapes. False: there is none.
bool eat_header_field(std::string_view& text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '|') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '|' || text[i + 1] == '\\')) ++i;
    out += text[i];
  }
  return false;
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '[' || c == ']';
}

/// Where the next key begins: behind a blank (or at the front), followed by "=".
std::size_t next_key(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (!is_key_character(text[i]) || (i > 0 && text[i - 1] != ' ')) continue;
    std::size_t end = i;
    while (end < text.size() && is_key_character(text[end])) ++end;
    if (end < text.size() && text[end] == '=') return i;
    i = end;
  }
  return text.size();
}

std::string unescaped(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char next = value[i] == '\\' && i + 1 < value.size() ? value[i + 1] : '\0';
    if (next == '\\' || next == '=' || next == 'n' || next == 'r') {
      out += next == 'n' ? '\n' : next == 'r' ? '\r' : next;
      ++i;
    } else {
      out += value[i];
    }
  }
  return out;
}

void parse_extension(std::string_view text, Node& fields, Extraction& out) {
  std::size_t at = next_key(text, 0);
  if (text.substr(0, at).find_first_not_of(" \r\n") != std::string_view::npos)
    out.add_gap("extension", "what is before the first key");
  while (at < text.size()) {
    const std::size_t equals = text.find('=', at);
    const std::size_t next = next_key(text, equals + 1);
    std::string_view value = text.substr(equals + 1, next - equals - 1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\n' || value.back() == '\r'))
      value.remove_suffix(1);
    add_leaf(fields, std::string(text.substr(at, equals - at)), unescaped(value));
    at = next;
  }
  mark_repeated(fields);
}

void read_cef_time(Node& fields, View& view, Extraction& out) {
  for (const char* key : {"rt", "start", "end"}) {
    if (!view.when.text.empty()) return;
    const std::string text = take(&fields, key);
    const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
    view.when = is_number ? time_since_1970(text, 1'000, key, out) : time_of(text, key, out);
  }
}

void read_extension(Node& fields, View& view, Extraction& out) {
  view.id = take(&fields, "externalId");
  Actor actor;
  actor.id = take(&fields, "suid");
  actor.name = take(&fields, "suser");
  if (actor.id.empty()) actor.id = std::exchange(actor.name, "");
  actor.address = take(&fields, "src");
  if (!actor.id.empty() || !actor.address.empty()) view.who.push_back(std::move(actor));
  for (const auto& [key, type] :
       {std::pair{"duser", "user"}, {"fname", "file"}, {"request", "request"}})
    if (const std::string id = take(&fields, key); !id.empty())
      view.what.push_back({id, {}, "", {{type, ""}}, {}});
  view.action = take(&fields, "act");
  view.outcome = take(&fields, "outcome");
  view.outcome_text = take(&fields, "reason");
  view.where.address = take(&fields, "dst");
  view.where.device = take(&fields, "dvchost");
  view.message = take(&fields, "msg");
  read_cef_time(fields, view, out);
}

}  // namespace

void read_cef(std::string_view line, Extraction& out) {
  const std::size_t begin = line.find("CEF:");
  if (begin > 0) out.add_gap("prefix", "what is before CEF:");
  std::string_view rest = line.substr(begin);
  std::string header[kHeaderFields];
  for (std::string& field : header)
    if (!eat_header_field(rest, field)) return out.add_gap("payload", "CEF without seven fields");
  View view;
  view.where.services = {header[1] + "|" + header[2] + "|" + header[3]};
  view.types = {{header[4], header[5]}};
  view.severity = header[6];
  Node fields;
  fields.kind = Node::Kind::kObject;
  parse_extension(rest, fields, out);
  read_extension(fields, view, out);
  out.events.push_back(std::move(view));
  add_gaps(fields, "extension", out);
}

}  // namespace varve::events
