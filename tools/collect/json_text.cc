// One pass over the text, with the open brackets on a stack of its own: however deep it is nested,
// the program's stack is not.
#include "tools/collect/json_text.h"

#include <algorithm>
#include <string>
#include <utility>

namespace varve::collect {
namespace {

constexpr std::string_view kResourceType = "resourceType";

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// How many bytes the character at `at` has; 0 when it is not UTF-8. Source: RFC 3629 section 4
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const std::uint8_t lead = byte_at(text, at);
  const std::uint8_t second = byte_at(text, at + 1);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  const bool too_short = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool too_large = lead == 0xf4 && second >= 0x90;
  return too_short || surrogate || too_large ? 0 : length;
}

/// Whether a key, as it is written, spells `name`, which is letters: each plain or as \u00XX.
bool spells(std::string_view key, std::string_view name) {
  for (const char c : name) {
    if (key.starts_with(c)) {
      key.remove_prefix(1);
      continue;
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string escape = {'\\',
                          'u',
                          '0',
                          '0',
                          kDigits[static_cast<unsigned char>(c) >> 4],
                          kDigits[static_cast<unsigned char>(c) & 15]};
    const auto lower = [](char d) { return d >= 'A' && d <= 'F' ? static_cast<char>(d + 32) : d; };
    const std::string_view written = key.substr(0, escape.size());
    if (!std::ranges::equal(written, escape, {}, lower)) return false;
    key.remove_prefix(escape.size());
  }
  return key.empty();
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  JsonText scan() {
    space();
    const char first = static_cast<char>(byte_at(text_, at_));
    if (!whole()) return JsonText::kNone;
    if (first == '[') return JsonText::kArray;
    if (first != '{') return JsonText::kOther;
    return is_resource_ ? JsonText::kFhirResource : JsonText::kObject;
  }

 private:
  bool whole() {
    while (true) {
      space();
      if (take('{')) {
        space();
        if (!take('}')) {
          open_ += '{';
          if (!key()) return false;
          continue;
        }
      } else if (take('[')) {
        space();
        if (!take(']')) {
          open_ += '[';
          names_resource_ = false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      }
      if (!close()) return false;
      if (open_.empty()) return at_ == text_.size();
    }
  }

  /// After a value: what it ends, up to where the next one begins.
  bool close() {
    for (space(); !open_.empty(); space()) {
      const bool in_object = open_.back() == '{';
      if (take(',')) return !in_object || key();
      if (!take(in_object ? '}' : ']')) return false;
      open_.pop_back();
    }
    return true;
  }

  bool key() {
    space();
    const std::size_t begin = at_ + 1;
    if (!string()) return false;
    names_resource_ =
        open_.size() == 1 && spells(text_.substr(begin, at_ - 1 - begin), kResourceType);
    space();
    return take(':');
  }

  bool scalar() {
    const bool names_resource = std::exchange(names_resource_, false);
    if (byte_at(text_, at_) == '"') {
      is_resource_ = is_resource_ || names_resource;
      return string();
    }
    for (const std::string_view word : {"true", "false", "null"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return true;
      }
    return number();
  }

  bool string() {
    if (!take('"')) return false;
    while (!take('"')) {
      if (at_ >= text_.size() || byte_at(text_, at_) < 0x20) return false;
      const std::size_t length = text_[at_] == '\\' ? escape_length() : utf8_length(text_, at_);
      if (length == 0) return false;
      at_ += length;
    }
    return true;
  }

  [[nodiscard]] std::size_t escape_length() const {
    const char c = static_cast<char>(byte_at(text_, at_ + 1));
    if (c != '\0' && std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) return 2;
    const std::string_view digits = text_.substr(std::min(at_ + 2, text_.size())).substr(0, 4);
    return c == 'u' && digits.size() == 4 && std::ranges::all_of(digits, is_hex) ? 6 : 0;
  }

  // RFC 8259 section 6: [ minus ] int [ frac ] [ exp ]
  bool number() {
    static_cast<void>(take('-'));
    if (!take('0') && digits() == 0) return false;
    if (take('.') && digits() == 0) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) static_cast<void>(take('-'));
    return digits() > 0;
  }

  std::size_t digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - begin;
  }

  void space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string open_;  // '{' and '[', the outermost first
  bool names_resource_ = false;
  bool is_resource_ = false;
};

}  // namespace

JsonText kind_of_json(std::string_view text) {
  return Scanner(text).scan();
}

}  // namespace varve::collect
