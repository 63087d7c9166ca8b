// The lines of which the texts of retention's records are made. Private to this folder.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "ledger/base/month.h"
#include "ledger/base/result.h"
#include "ledger/base/text.h"
#include "ledger/format/lines.h"
#include "ledger/format/retention.h"
#include "ledger/format/utf8.h"

namespace varve::format {

inline void put_line(std::string& text, std::string_view label, std::string_view value) {
  text.append(label).append(value).append("\n");
}

inline void put_number(std::string& text, std::string_view label, std::uint64_t value) {
  put_line(text, label, std::to_string(value));
}

inline Result<std::string_view> take_value(std::string_view& text, std::string_view label) {
  if (const auto value = take_labelled(text, label)) return *value;
  return invalid("there is no line " + std::string(label) + "where it belongs");
}

/// Up to the next space; takes the space too.
inline std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

inline Result<std::uint64_t> take_decimal(std::string_view& text, std::string_view label) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  return decode_decimal(value);
}

inline Result<Hash> take_hex_hash(std::string_view& text, std::string_view label) {
  ASSIGN_OR_RETURN(const std::string_view value, take_value(text, label));
  return decode_hex_hash(value);
}

/// Title and origin.
inline Result<std::string> take_head(std::string_view& text, std::string_view title) {
  if (take_line(text) != title)
    return invalid("not a " + std::string(title) + ": its first line is another");
  ASSIGN_OR_RETURN(const std::string_view origin, take_value(text, "origin "));
  if (!is_key_name(origin)) return invalid("its origin is empty or has a space or plus");
  return std::string(origin);
}

inline Result<void> ends_here(std::string_view rest) {
  if (rest.empty()) return {};
  return invalid("it has a line that it does not have");
}

}  // namespace varve::format
