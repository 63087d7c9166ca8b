// The grammar of RFC 5424, and what RFC 3164 describes.
#include "api/ingest/syslog_header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace varve::api {
namespace {

constexpr unsigned kPriorityMax = 191;

bool is_figure(char c) {
  return c >= '0' && c <= '9';
}
bool is_printable(char c) {
  return c > ' ' && c < 0x7f;
}

/// Takes the message apart from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// As many as there are, up to `most`.
  template <class Predicate>
  std::string_view take_while(const Predicate& is_part, std::size_t most) {
    std::size_t length = 0;
    while (length < std::min(most, rest_.size()) && is_part(rest_[length])) ++length;
    const std::string_view out = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return out;
  }
  /// Exactly `digits` digits, of a value within bounds.
  std::optional<unsigned> take_number(std::size_t digits, unsigned least, unsigned most) {
    const std::string_view text = take_while(is_figure, digits);
    if (text.size() != digits) return std::nullopt;
    unsigned value = 0;
    for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
    return value < least || value > most ? std::nullopt : std::optional{value};
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  /// What was taken since `before`.
  [[nodiscard]] std::string_view since(const Cursor& before) const {
    return before.rest_.substr(0, before.rest_.size() - rest_.size());
  }

 private:
  std::string_view rest_;
};

// "<" 1*3DIGIT ">", without leading zeros.
bool take_priority(Cursor& at, SyslogHeader& out) {
  if (!at.take('<')) return false;
  const std::string_view text = at.take_while(is_figure, 3);
  if (text.empty() || (text.size() > 1 && text[0] == '0') || !at.take('>')) return false;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  if (value > kPriorityMax) return false;
  out.facility = value / 8;
  out.severity = value % 8;
  return true;
}

unsigned days_of(unsigned year, unsigned month) {
  constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays.at(month - 1) + (month == 2 && leap ? 1 : 0);
}

bool take_clock_time(Cursor& at) {
  return at.take_number(2, 0, 23) && at.take(':') && at.take_number(2, 0, 59) && at.take(':') &&
         at.take_number(2, 0, 59);
}

bool take_offset(Cursor& at) {
  if (at.take('Z')) return true;
  return (at.take('+') || at.take('-')) && at.take_number(2, 0, 23) && at.take(':') &&
         at.take_number(2, 0, 59);
}

// A time of RFC 3339 as RFC 5424 section 6.2.3 restricts it; empty when it is none.
std::string_view take_timestamp(Cursor& at) {
  const Cursor before = at;
  const auto year = at.take_number(4, 0, 9999);
  if (!year || !at.take('-')) return {};
  const auto month = at.take_number(2, 1, 12);
  if (!month || !at.take('-') || !at.take_number(2, 1, days_of(*year, *month))) return {};
  if (!at.take('T') || !take_clock_time(at)) return {};
  if (at.take('.') && at.take_while(is_figure, 6).empty()) return {};
  return take_offset(at) ? at.since(before) : std::string_view{};
}

// "-" is told apart from no field at all.
bool take_field(Cursor& at, std::size_t most, std::string_view& out) {
  out = at.take_while(is_printable, most);
  if (out.empty() || !at.take(' ')) return false;
  if (out == "-") out = {};
  return true;
}

bool is_name_part(char c) {
  return is_printable(c) && c != '=' && c != ']' && c != '"';
}

// Up to the quote that ends it. A backslash escapes '"', '\' and ']', and is itself elsewhere.
bool take_parameter_value(Cursor& at) {
  if (!at.take('"')) return false;
  for (;;) {
    at.take_while([](char c) { return c != '"' && c != '\\' && c != ']'; }, at.rest().size());
    if (at.take('"')) return true;
    if (!at.take('\\')) return false;
    if (!at.take('"') && !at.take('\\')) at.take(']');
  }
}

// No two elements have one name.
bool take_structured_data(Cursor& at, std::string_view& out) {
  if (at.take('-')) return true;
  const Cursor before = at;
  std::vector<std::string_view> names;
  do {
    if (!at.take('[')) return false;
    names.push_back(at.take_while(is_name_part, 32));
    if (names.back().empty()) return false;
    while (at.take(' '))
      if (at.take_while(is_name_part, 32).empty() || !at.take('=') || !take_parameter_value(at))
        return false;
    if (!at.take(']')) return false;
  } while (at.rest().starts_with('['));
  out = at.since(before);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) == names.end();
}

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

bool read_5424(Cursor at, SyslogHeader& out) {
  out.form = SyslogForm::kRfc5424;
  const std::string_view version = at.take_while(is_figure, 3);
  if (version.empty() || version[0] == '0' || !at.take(' ')) return false;
  if (!at.take('-') && (out.timestamp = take_timestamp(at)).empty()) return false;
  if (!at.take(' ') || !take_field(at, 255, out.hostname) || !take_field(at, 48, out.app_name) ||
      !take_field(at, 128, out.process_id) || !take_field(at, 32, out.message_id) ||
      !take_structured_data(at, out.structured_data))
    return false;
  const std::string_view rest = without_line_end(at.rest());
  if (!rest.empty() && !at.take(' ')) return false;
  out.text = without_line_end(at.rest());
  return true;
}

// "Nov 29 07:12:33", the day with a space or a zero in front.
std::string_view take_old_timestamp(Cursor& at) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const Cursor before = at;
  const std::string_view month = at.take_while(is_printable, 3);
  if (std::ranges::find(kMonths, month) == kMonths.end() || !at.take(' ')) return {};
  const bool one_digit = at.take(' ');
  if (!at.take_number(one_digit ? 1 : 2, 1, one_digit ? 9 : 31)) return {};
  return at.take(' ') && take_clock_time(at) ? at.since(before) : std::string_view{};
}

bool is_tag_part(char c) {
  return is_printable(c) && c != '[' && c != ']' && c != ':';
}

// TAG, "[" and a number of a process and "]", ":".
void read_tag(std::string_view text, SyslogHeader& out) {
  Cursor at{text};
  const std::string_view tag = at.take_while(is_tag_part, 48);
  std::string_view process;
  if (at.take('[')) {
    process = at.take_while(is_tag_part, 128);
    if (!at.take(']')) return;
  }
  if (tag.empty() || !at.take(':')) return;
  out.app_name = tag;
  out.process_id = process;
  at.take(' ');
  out.text = at.rest();
}

void read_3164(Cursor at, SyslogHeader& out) {
  out.form = SyslogForm::kRfc3164;
  out.text = without_line_end(at.rest());
  Cursor after = at;
  std::string_view time = take_old_timestamp(after);
  if (time.empty()) {
    after = at;
    time = take_timestamp(after);
  }
  if (time.empty() || !after.take(' ')) return read_tag(out.text, out);
  out.timestamp = time;
  out.text = without_line_end(after.rest());
  const std::string_view host = after.take_while(is_printable, 255);
  if (host.empty() || host.ends_with(':') || !after.take(' ')) return read_tag(out.text, out);
  out.hostname = host;
  out.text = without_line_end(after.rest());
  read_tag(out.text, out);
}

}  // namespace

SyslogHeader read_syslog_header(std::string_view message) {
  SyslogHeader out;
  Cursor at{message};
  if (!take_priority(at, out)) {
    out = {};
    out.text = without_line_end(message);
    return out;
  }
  SyslogHeader modern = out;
  if (read_5424(at, modern)) return modern;
  read_3164(at, out);
  return out;
}

}  // namespace varve::api
