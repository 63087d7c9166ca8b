// Writes JSON: the few documents that the server answers with. Reading is ndjson.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/types.h"

namespace varve::api {

/// Builds one document front to back; places the commas. A key is followed by its value.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  /// Text that is not UTF-8 has its foreign bytes replaced by '?': it can only be a message.
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& base64(Bytes value);
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);
  /// An array of base64 values.
  template <class Range>
  JsonWriter& hashes(const Range& values) {
    begin_array();
    for (const Hash& value : values) base64(value.view());
    return end_array();
  }

  std::string take() { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void comma();

  std::string out_;
  bool first_ = true;  // nothing was written since the last bracket, or a key was
};

/// `text` as a JSON string, quotes included.
std::string json_text(std::string_view text);
/// The same, behind what `out` holds.
void append_json_text(std::string& out, std::string_view text);

}  // namespace varve::api
