// UTF-8, one character at a time.
#include "ledger/base/visible.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace varve {
namespace {

struct Span {
  char32_t first;
  char32_t last;
};

// What is not a character of its own: controls, what turns text (bidi), joins or hides it, and
// separators of lines. Source: Unicode 15, general categories Cc, Cf, Zl, Zp, Co, Cn (in part).
constexpr std::array kHidden = {
    Span{0x0000, 0x001f},   Span{0x007f, 0x009f},   Span{0x00ad, 0x00ad},   Span{0x034f, 0x034f},
    Span{0x0600, 0x0605},   Span{0x061c, 0x061c},   Span{0x06dd, 0x06dd},   Span{0x070f, 0x070f},
    Span{0x0890, 0x0891},   Span{0x08e2, 0x08e2},   Span{0x115f, 0x1160},   Span{0x17b4, 0x17b5},
    Span{0x180b, 0x180f},   Span{0x200b, 0x200f},   Span{0x2028, 0x202e},   Span{0x2060, 0x206f},
    Span{0x3164, 0x3164},   Span{0xd800, 0xdfff},   Span{0xe000, 0xf8ff},   Span{0xfe00, 0xfe0f},
    Span{0xfeff, 0xfeff},   Span{0xffa0, 0xffa0},   Span{0xfff0, 0xfffb},   Span{0xfffe, 0xffff},
    Span{0x110bd, 0x110bd}, Span{0x110cd, 0x110cd}, Span{0x13430, 0x1343f}, Span{0x1bca0, 0x1bca3},
    Span{0x1d173, 0x1d17a}, Span{0xe0000, 0x10ffff}};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

void append_escaped(std::string& out, const char* format, char32_t number) {
  std::array<char, 16> escape{};
  std::snprintf(escape.data(), escape.size(), format, static_cast<unsigned>(number));
  out.append(escape.data());
}

std::string spelled_out(std::string_view text, bool keep_newlines) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    if (next.length == 0)
      append_escaped(out, "\\x%02x", static_cast<unsigned char>(text.front()));
    else if (is_visible(next.number) || (keep_newlines && next.number == '\n'))
      out.append(text.substr(0, length));
    else if (next.number < 0x80)
      append_escaped(out, "\\x%02x", next.number);
    else
      append_escaped(out, next.number > 0xffff ? "\\U%08x" : "\\u%04x", next.number);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

Utf8Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t number = lead & (0xffU >> (length + 1));
  for (const char c : text.substr(1, length - 1)) {
    if (!is_continuation(c)) return {};
    number = number << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_character =
      number >= kLeast[length] && number <= 0x10ffff && !(number >= 0xd800 && number <= 0xdfff);
  return is_character ? Utf8Character{length, number} : Utf8Character{};
}

bool is_visible(char32_t character) {
  return std::ranges::none_of(
      kHidden, [&](const Span& span) { return span.first <= character && character <= span.last; });
}

std::string visible(std::string_view text) {
  return spelled_out(text, false);
}

std::string visible_lines(std::string_view text) {
  return spelled_out(text, true);
}

}  // namespace varve
