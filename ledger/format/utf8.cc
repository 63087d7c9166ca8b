// A UTF-8 decoder of a few lines: strict (RFC 3629), and it allocates nothing.
#include "ledger/format/utf8.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace varve::format {
namespace {

constexpr char32_t kSurrogatesBegin = 0xd800;
constexpr char32_t kSurrogatesEnd = 0xe000;
constexpr char32_t kUnicodeEnd = 0x110000;

/// Takes the first character off `text`, which is not empty. Nothing when it is malformed.
std::optional<char32_t> take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc0 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                                           : 4;
  constexpr char32_t kShortest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (length == 0 || lead >= 0xf8 || text.size() < length) return std::nullopt;
  char32_t c = length == 1 ? lead : lead & (0x7f >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    c = c << 6 | (byte(i) & 0x3f);
  }
  text.remove_prefix(length);
  if (c < kShortest[length] || c >= kUnicodeEnd) return std::nullopt;
  if (c >= kSurrogatesBegin && c < kSurrogatesEnd) return std::nullopt;
  return c;
}

/// The characters with Unicode's White_Space property that are not ASCII control characters.
bool is_space(char32_t c) {
  return c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_control(char32_t c) {
  return c < 0x20;
}

}  // namespace

bool is_note_text(std::string_view text) {
  while (!text.empty()) {
    const auto c = take_character(text);
    if (!c || (is_control(*c) && *c != '\n')) return false;
  }
  return true;
}

bool is_key_name(std::string_view name) {
  if (name.empty()) return false;
  while (!name.empty()) {
    const auto c = take_character(name);
    if (!c || is_control(*c) || is_space(*c) || *c == '+') return false;
  }
  return true;
}

}  // namespace varve::format
