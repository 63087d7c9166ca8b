// Text from outside (a server, a file, a token, a bundle) on its way to a terminal. A control
// character could move the cursor or retitle the window, and a direction character could make one
// line read like another.
#pragma once

#include <string>
#include <string_view>

namespace varve {

/// `text` on one line: control characters, characters that turn or hide text, line separators and
/// bytes that are not UTF-8 are spelled out, "\x1b" or "\u202e". Everything else is as it was.
std::string visible(std::string_view text);
/// The same, and newlines stay: for text that is several lines.
std::string visible_lines(std::string_view text);

/// Length in bytes of the UTF-8 character that `text` begins with, and its number; 0 when it is
/// none. Requires text.
struct Utf8Character {
  std::size_t length = 0;
  char32_t number = 0;
};
Utf8Character first_character(std::string_view text);
/// Whether a terminal shows it as itself, in its place.
bool is_visible(char32_t character);

}  // namespace varve
