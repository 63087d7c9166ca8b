// The envelope of syslog: RFC 5424 exactly, and RFC 3164 as far as it has a timestamp. What is
// inside is read as if it came bare.
#include <algorithm>
#include <array>

#include "ledger/events/formats.h"
#include "ledger/events/values.h"

namespace varve::events {
namespace {

constexpr int kPriorityMax = 191;

/// Digits at the front, at most `digits_max`, without a leading zero; -1 if none.
int eat_small(std::string_view& text, std::size_t digits_max) {
  std::size_t length = 0;
  int number = 0;
  while (length < digits_max && length < text.size() && text[length] >= '0' && text[length] <= '9')
    number = number * 10 + (text[length++] - '0');
  if (length == 0 || (length > 1 && text.front() == '0')) return -1;
  text.remove_prefix(length);
  return number;
}

bool eat_char(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

int eat_priority(std::string_view& text) {
  if (!eat_char(text, '<')) return -1;
  const int priority = eat_small(text, 3);
  return priority > kPriorityMax || !eat_char(text, '>') ? -1 : priority;
}

bool is_printable(std::string_view text) {
  for (const char c : text)
    if (c < 33 || c > 126) return false;
  return !text.empty();
}

/// A header field, of at most `length_max` printable characters. False: it is none.
bool eat_field(std::string_view& text, std::size_t length_max, std::string& out) {
  const std::string_view field = text.substr(0, text.find(' '));
  if (!is_printable(field) || field.size() > length_max) return false;
  if (field != "-") out = field;
  text.remove_prefix(field.size());
  return true;
}

bool is_sd_name(std::string_view name) {
  return is_printable(name) && name.size() <= 32 &&
         name.find_first_of("=\"]") == std::string_view::npos;
}

/// ` name="value"` inside an element.
bool eat_parameter(std::string_view& text, Node& element) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || !is_sd_name(text.substr(0, equals))) return false;
  std::string name(text.substr(0, equals));
  text.remove_prefix(equals + 1);
  if (!eat_char(text, '"')) return false;
  std::string value;
  while (!text.empty() && text.front() != '"') {
    if (text.front() == ']') return false;
    const bool is_escape = text.size() > 1 && text.front() == '\\' &&
                           (text[1] == '"' || text[1] == '\\' || text[1] == ']');
    if (is_escape) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  if (!eat_char(text, '"')) return false;
  add_leaf(element, std::move(name), std::move(value));
  return true;
}

bool eat_structured_data(std::string_view& text, Node& data) {
  data.kind = Node::Kind::kObject;
  data.name = "structured-data";
  if (eat_char(text, '-')) return true;
  if (!text.starts_with('[')) return false;
  while (eat_char(text, '[')) {
    Node element;
    element.kind = Node::Kind::kObject;
    element.name = text.substr(0, text.find_first_of(" ]"));
    if (!is_sd_name(element.name)) return false;
    text.remove_prefix(element.name.size());
    while (eat_char(text, ' '))
      if (!eat_parameter(text, element)) return false;
    if (!eat_char(text, ']')) return false;
    mark_repeated(element);
    data.children.push_back(std::move(element));
  }
  mark_repeated(data);
  return std::ranges::none_of(data.children, &Node::is_ambiguous);  // RFC 5424 section 6.3.2
}

struct Envelope {
  int priority = 0;
  std::string timestamp;
  std::string host;
  std::string app;
  std::string process;
  std::string message_id;
  Node data;
  std::string_view body;
};

bool parse_5424(std::string_view text, Envelope& out) {
  out.priority = eat_priority(text);
  if (out.priority < 0 || eat_small(text, 3) != 1 || !eat_char(text, ' ')) return false;
  if (!eat_field(text, 64, out.timestamp) || !eat_char(text, ' ')) return false;
  if (!eat_field(text, 255, out.host) || !eat_char(text, ' ')) return false;
  if (!eat_field(text, 48, out.app) || !eat_char(text, ' ')) return false;
  if (!eat_field(text, 128, out.process) || !eat_char(text, ' ')) return false;
  if (!eat_field(text, 32, out.message_id) || !eat_char(text, ' ')) return false;
  if (!eat_structured_data(text, out.data)) return false;
  if (!text.empty() && !eat_char(text, ' ')) return false;
  Extraction unused;
  if (!out.timestamp.empty() && !time_of(out.timestamp, "", unused).unix_ns) return false;
  out.body = text;
  return true;
}

bool is_month(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (const std::string_view month : kMonths)
    if (month == word) return true;
  return false;
}

/// "Mmm dd hh:mm:ss ".
bool is_3164_time(std::string_view text) {
  constexpr std::string_view kForm = "mmm dd dd:dd:dd ";
  if (text.size() < kForm.size() || !is_month(text.substr(0, 3))) return false;
  for (std::size_t i = 3; i < kForm.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    const bool fits =
        kForm[i] == 'd' ? is_digit || (i == 4 && text[i] == ' ') : text[i] == kForm[i];
    if (!fits) return false;
  }
  return true;
}

bool parse_3164(std::string_view text, Envelope& out) {
  out.priority = eat_priority(text);
  if (out.priority < 0 || !is_3164_time(text)) return false;
  out.timestamp = text.substr(0, 15);
  text.remove_prefix(16);
  if (!eat_field(text, 255, out.host) || !eat_char(text, ' ')) return false;
  const std::size_t end = text.find_first_of("[: ");
  const bool has_tag = end != std::string_view::npos && end > 0 && end <= 48 && text[end] != ' ';
  if (has_tag && !text.starts_with("CEF:")) {
    out.app = text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t close = text.find(']');
    if (text.front() == '[' && close != std::string_view::npos) {
      out.process = text.substr(1, close - 1);
      text.remove_prefix(close + 1);
    }
    eat_char(text, ':');
    eat_char(text, ' ');
  }
  out.body = text;
  return true;
}

/// Fills what the event itself did not say.
void complete(View& view, const Envelope& envelope, const When& when) {
  constexpr std::array<std::string_view, 8> kSeverities = {
      "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"};
  if (view.when.text.empty()) view.when = when;
  if (view.where.device.empty()) view.where.device = envelope.host;
  if (!envelope.app.empty()) view.where.services.push_back(envelope.app);
  if (view.severity.empty())
    view.severity = kSeverities[static_cast<std::size_t>(envelope.priority % 8)];
}

void read_inside(const Envelope& envelope, const std::string& format, Extraction& out) {
  std::string_view body = envelope.body;
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  if (read_body(body, out)) {
    out.format = format + "+" + out.format;
    return;
  }
  out.format = format;
  while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
  View& view = out.events.emplace_back();
  view.message = body;
}

}  // namespace

bool read_syslog(std::string_view message, Extraction& out) {
  Envelope envelope;
  const bool is_new = parse_5424(message, envelope);
  if (!is_new) envelope = {};
  if (!is_new && !parse_3164(message, envelope)) return false;
  read_inside(envelope, is_new ? "syslog" : "syslog-3164", out);
  const When when = time_of(envelope.timestamp, "header.timestamp", out);
  for (View& view : out.events) complete(view, envelope, when);
  const auto names_host = [&](const View& view) { return view.where.device == envelope.host; };
  if (!envelope.host.empty() && !std::ranges::all_of(out.events, names_host))
    out.add_gap("header.host", "the event itself names another device");
  if (!envelope.process.empty()) out.add_gap("header.process", "no field of the view holds this");
  if (!envelope.message_id.empty())
    out.add_gap("header.message-id", "no field of the view holds this");
  add_gaps(envelope.data, "structured-data", out);
  return true;
}

}  // namespace varve::events
