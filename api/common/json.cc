// Escaping and commas.
#include "api/common/json.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "ledger/base/text.h"

namespace varve::api {
namespace {

void escape_into(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(c);
  } else if (c == '\n') {
    out.append("\\n");
  } else if (byte < 0x20 || byte == 0x7f) {
    out.append("\\u00").push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  } else {
    out.push_back(c);
  }
}

struct Span {
  std::uint32_t first;
  std::uint32_t last;
};

// What a terminal obeys or does not show, beyond ASCII: C1 controls, and what turns, joins or hides
// text. As `kHidden` in ledger/base/visible.cc, of the first 65,536 characters and as far as no
// script needs it.
constexpr std::array kHidden = {Span{0x80, 0x9f},     Span{0xad, 0xad},     Span{0x61c, 0x61c},
                                Span{0x200b, 0x200f}, Span{0x2028, 0x202e}, Span{0x2060, 0x206f},
                                Span{0xfeff, 0xfeff}};

/// The length of the character that `text` begins with, when that is hidden and was escaped; else 0.
/// Requires UTF-8.
std::size_t escape_hidden(std::string_view text, std::string& out) {
  const auto bits = [text](std::size_t i, unsigned mask) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]) & mask);
  };
  const unsigned lead = bits(0, 0xff);
  if (lead < 0xc0 || lead >= 0xf0) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : 3;
  const std::uint32_t number = length == 2
                                   ? bits(0, 0x1f) << 6 | bits(1, 0x3f)
                                   : bits(0, 0x0f) << 12 | bits(1, 0x3f) << 6 | bits(2, 0x3f);
  const auto has = [number](Span span) { return span.first <= number && number <= span.last; };
  if (std::ranges::none_of(kHidden, has)) return 0;
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", number);
  out.append(escape.data());
  return length;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  out.push_back('"');
  while (!text.empty()) {
    const bool ascii = (text.front() & 0x80) == 0;
    std::size_t taken = ascii || !utf8 ? 0 : escape_hidden(text, out);
    if (taken == 0) {
      escape_into(out, ascii || utf8 ? text.front() : '?');
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  out.push_back('"');
}

std::string json_text(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_text(out, text);
  return out;
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  out_.push_back(bracket);
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_.push_back(bracket);
  first_ = false;
  return *this;
}

void JsonWriter::comma() {
  if (!first_) out_.push_back(',');
  first_ = false;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  comma();
  append_json_text(out_, name);
  out_.push_back(':');
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  comma();
  append_json_text(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  comma();
  out_.append(std::to_string(value));
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  out_.append(json);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  comma();
  out_.append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::base64(Bytes value) {
  comma();
  out_.push_back('"');
  append_base64(out_, value);
  out_.push_back('"');
  return *this;
}

}  // namespace varve::api
