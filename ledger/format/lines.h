// Texts that are a fixed sequence of lines. Private to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/text.h"

namespace varve::format {

/// Takes a line off `text` and returns it without its newline; nothing when no newline is left.
inline std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

/// As take_line, for a line that begins with `label`; returns what follows the label.
inline std::optional<std::string_view> take_labelled(std::string_view& text,
                                                     std::string_view label) {
  const auto line = take_line(text);
  if (!line || !line->starts_with(label)) return std::nullopt;
  return line->substr(label.size());
}

/// The same where a number follows. Errors: kInvalid  there is no such line, or another thing in it.
inline Result<std::uint64_t> take_number(std::string_view& text, std::string_view label) {
  const auto value = take_labelled(text, label);
  if (!value) return invalid("it has no line " + std::string(label));
  return decode_decimal(*value);
}

/// Takes the word up to the next space off `line`, and the space too.
inline std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

}  // namespace varve::format
