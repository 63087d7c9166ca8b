// Escaping and commas.
#include "api/common/json.h"

#include <simdjson.h>

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

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  out.push_back('"');
  for (const char c : text) escape_into(out, !utf8 && (c & 0x80) != 0 ? '?' : c);
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
