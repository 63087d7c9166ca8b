// Linux auditd: an event is all lines with one "msg=audit(time:serial)".
#include <algorithm>
#include <map>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

constexpr std::string_view kUnset = "4294967295";  // (uint32)-1: no login, no session

/// Between quotes, or up to a blank. A quote that does not end runs to the end.
std::string_view eat_audit_value(std::string_view& text) {
  const char quote = text.empty() ? ' ' : text.front();
  const bool is_quoted = quote == '"' || quote == '\'';
  if (is_quoted) text.remove_prefix(1);
  const std::string_view value = text.substr(0, text.find(is_quoted ? quote : ' '));
  text.remove_prefix(value.size() + (is_quoted && value.size() < text.size() ? 1 : 0));
  return value;
}

/// What auditd writes as hex when it holds blanks or quotes, and in quotes otherwise.
bool is_untrusted(std::string_view key) {
  return key == "proctitle" || key == "comm" || key == "exe" || key == "name" || key == "cwd" ||
         key == "acct";
}

std::string audit_text(std::string_view key, bool is_quoted, std::string_view value) {
  if (value == "(null)" || value == "?" || value == "(none)") return {};
  std::string lower(value);
  for (char& c : lower)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const auto decoded = decode_hex(lower);
  if (is_quoted || !is_untrusted(key) || value.empty() || !decoded) return std::string(value);
  std::string text(text_of(*decoded));
  for (char& c : text)
    if (c == '\0') c = ' ';  // between the arguments of proctitle
  return text;
}

void parse_fields(std::string_view text, Node& out);

/// Old auditd puts brackets and commas around fields: "(hostname=?, addr=?, res=success)".
std::string_view without_punctuation(std::string_view value) {
  if (value.ends_with(')') && value.find('(') == std::string_view::npos) value.remove_suffix(1);
  if (value.ends_with(',')) value.remove_suffix(1);
  return value;
}

void parse_field(std::string_view word, std::string_view& text, Node& out) {
  std::string_view key = word.substr(0, word.find('='));
  text.remove_prefix(key.size() + 1);
  if (key.starts_with('(')) key.remove_prefix(1);
  const bool is_message = key == "msg" && text.starts_with('\'');
  const bool is_quoted = text.starts_with('"');
  std::string_view value = eat_audit_value(text);
  if (is_message) return parse_fields(value, out);
  if (!is_quoted) value = without_punctuation(value);
  add_leaf(out, std::string(key), audit_text(key, is_quoted, value));
}

void parse_fields(std::string_view text, Node& out) {
  std::string words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos && equals > 0) {
      parse_field(word, text, out);
    } else {
      if (!word.empty()) words += (words.empty() ? "" : " ") + std::string(word);
      text.remove_prefix(word.size());
    }
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (!words.empty()) add_leaf(out, "#text", words);
}

struct AuditEvent {
  std::string stamp;  // "1604994496.155:92733"
  Node lines;         // an object for each line, named by its type
};

bool parse_line(std::string_view line, std::string& stamp, Node& out) {
  const std::size_t type = line.find("type=");
  const std::size_t begin = line.find(" msg=audit(");
  const std::size_t end = line.find("):", begin);
  if (type == std::string_view::npos || begin == std::string_view::npos || begin < type ||
      end == std::string_view::npos)
    return false;
  out.kind = Node::Kind::kObject;
  out.name = line.substr(type + 5, begin - type - 5);
  stamp = line.substr(begin + 11, end - begin - 11);
  if (type > 0) add_leaf(out, "prefix", std::string(line.substr(0, type)));
  parse_fields(line.substr(end + 2), out);
  mark_repeated(out);
  return true;
}

When time_of_stamp(const std::string& stamp, Extraction& out) {
  const std::string text = stamp.substr(0, stamp.find(':'));
  std::string digits = text;
  std::erase(digits, '.');
  const bool has_milliseconds = text.size() > 4 && text[text.size() - 4] == '.';
  When when = time_since_1970(has_milliseconds ? digits : "no", 1'000, stamp, out);
  when.text = text;
  return when;
}

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

void read_actor(Node& line, Actor& actor) {
  constexpr std::string_view kLogin = "auid=";
  std::string login = actor.id.empty() ? "" : actor.id.substr(kLogin.size());
  const auto fill = [&](const char* key, std::string& into) {
    Node* leaf = child(&line, key);
    if (leaf == nullptr || (!into.empty() && leaf->text != into)) return;
    const std::string text = take(leaf);
    if (text != kUnset) into = text;
  };
  fill("auid", login);
  fill("ses", actor.session);
  fill("addr", actor.address);
  if (!login.empty()) actor.id = std::string(kLogin) + login;
  for (const char* key : {"uid", "acct"})
    if (const std::string text = take(&line, key); !text.empty())
      add_once(actor.alternative_ids, std::string(key) + "=" + text);
}

void read_outcome_of_line(Node& line, View& view) {
  for (const char* key : {"success", "res", "result"}) {
    Node* leaf = child(&line, key);
    if (leaf == nullptr || !view.outcome.empty()) continue;
    const bool is_good = leaf->text == "yes" || leaf->text == "success" || leaf->text == "1";
    const bool is_bad = leaf->text == "no" || leaf->text == "failed" || leaf->text == "0";
    if (is_good || is_bad) view.outcome = is_good ? "success" : "failure";
    if (is_good || is_bad) take(leaf);
  }
}

void read_audit_line(Node& line, View& view) {
  view.types.push_back({line.name, ""});
  read_actor(line, view.who.front());
  read_outcome_of_line(line, view);
  if (line.name == "SYSCALL")
    if (const std::string number = take(&line, "syscall"); !number.empty())
      view.action = "syscall=" + number;
  if (view.action.empty()) view.action = take(&line, "op");
  if (line.name == "PATH")
    view.what.push_back({take(&line, "name"), {}, "", {{take(&line, "nametype"), ""}}, {}});
  if (view.message.empty()) view.message = take(&line, "proctitle");
  if (const std::string program = take(&line, "exe"); !program.empty())
    view.where.services.push_back(program);
  if (view.where.device.empty()) view.where.device = take(&line, "hostname");
}

void read_audit_event(AuditEvent& event, Extraction& out) {
  View view;
  view.id = event.stamp;
  view.when = time_of_stamp(event.stamp, out);
  view.who.emplace_back();
  for (Node& line : event.lines.children) read_audit_line(line, view);
  const Actor& actor = view.who.front();
  if (actor.id.empty() && actor.alternative_ids.empty() && actor.address.empty()) view.who.clear();
  out.events.push_back(std::move(view));
  add_gaps(event.lines, event.stamp, out);
}

}  // namespace

void read_auditd(std::string_view lines, Extraction& out) {
  std::vector<AuditEvent> events;
  std::map<std::string, std::size_t> by_stamp;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (line.empty()) continue;
    Node node;
    std::string stamp;
    const bool is_line = parse_line(line, stamp, node);
    const bool has_room = by_stamp.contains(stamp) || events.size() < kEventsMax;
    if (!is_line || !has_room) {
      out.events_left_off += is_line ? 1 : 0;
      out.add_gap("line " + std::to_string(number), "not a line of auditd, or one event too many");
      continue;
    }
    const auto [at, is_new] = by_stamp.emplace(stamp, events.size());
    if (is_new) events.push_back({stamp, {}});
    events.back().lines.kind = Node::Kind::kObject;
    events[at->second].lines.children.push_back(std::move(node));
  }
  for (AuditEvent& event : events) read_audit_event(event, out);
}

}  // namespace varve::events
