// Builds the tree of json.h with simdjson, which checks the syntax and UTF-8.
#include "ledger/format/json.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "ledger/base/text.h"
#include "ledger/base/visible.h"

namespace varve::format {
namespace {

constexpr int kDepthMax = 32;
constexpr std::size_t kValuesMax = 1'000'000;  // in one document: some 150 MB of tree

Error lacks(std::string_view key, std::string_view type) {
  return invalid("the JSON has no " + std::string(type) + " \"" + std::string(key) + "\"");
}

/// \uXXXX, twice for what needs a surrogate pair.
void append_escaped(std::string& out, char32_t character) {
  if (character > 0xffff) {
    append_escaped(out, 0xd800 + ((character - 0x10000) >> 10));
    character = 0xdc00 + ((character - 0x10000) & 0x3ff);
  }
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(character));
  out += escape.data();
}

}  // namespace

/// Fills one value from simdjson's; recursive, to kDepthMax.
struct Json::Builder {
  std::size_t values = 0;

  Result<void> fill(Json& to, simdjson::dom::element from, int depth) {
    using simdjson::dom::element_type;
    if (depth > kDepthMax) return invalid("the JSON is nested too deep");
    if (++values > kValuesMax)
      return invalid("the JSON has more than " + std::to_string(kValuesMax) + " values");
    switch (from.type()) {
      case element_type::ARRAY:
        return fill_array(to, from.get_array(), depth);
      case element_type::OBJECT:
        return fill_object(to, from.get_object(), depth);
      case element_type::STRING:
        to.type_ = Type::kText;
        to.text_ = std::string_view(from.get_string());
        return {};
      case element_type::UINT64:
      case element_type::INT64:
        return fill_number(to, from);
      case element_type::BOOL:
        to.type_ = Type::kBoolean;
        to.number_ = bool(from.get_bool()) ? 1 : 0;
        return {};
      default:
        return {};
    }
  }

  static Result<void> fill_number(Json& to, simdjson::dom::element from) {
    std::uint64_t number = 0;
    if (from.get_uint64().get(number) != simdjson::SUCCESS) return {};  // negative: kOther
    to.type_ = Type::kNumber;
    to.number_ = number;
    return {};
  }

  Result<void> fill_array(Json& to, simdjson::dom::array from, int depth) {
    to.type_ = Type::kArray;
    for (const simdjson::dom::element element : from)
      RETURN_IF_ERROR(fill(to.array_.emplace_back(), element, depth + 1));
    return {};
  }

  Result<void> fill_object(Json& to, simdjson::dom::object from, int depth) {
    to.type_ = Type::kObject;
    for (const auto& [key, element] : from) {
      const auto [place, is_new] = to.object_.try_emplace(std::string(key));
      if (!is_new) return invalid("the JSON has a key twice in one object");
      RETURN_IF_ERROR(fill(place->second, element, depth + 1));
    }
    return {};
  }
};

Result<Json> Json::parse(std::string_view text) {
  if (text.empty())
    return invalid("not JSON: it is empty");  // the parser would copy from no address
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root); error)
    return invalid(std::string("not JSON: ") + simdjson::error_message(error));
  Json json;
  RETURN_IF_ERROR(Builder{}.fill(json, root, 0));
  return json;
}

const Json* Json::member(std::string_view key, const Type* type) const {
  const auto found = object_.find(key);
  if (found == object_.end()) return nullptr;
  return type == nullptr || found->second.type_ == *type ? &found->second : nullptr;
}

Result<std::string> Json::text(std::string_view key) const {
  constexpr Type kWanted = Type::kText;
  if (const Json* value = member(key, &kWanted)) return value->text_;
  return lacks(key, "text");
}

Result<std::uint64_t> Json::number(std::string_view key) const {
  constexpr Type kWanted = Type::kNumber;
  if (const Json* value = member(key, &kWanted)) return value->number_;
  return lacks(key, "number");
}

Result<bool> Json::boolean(std::string_view key) const {
  constexpr Type kWanted = Type::kBoolean;
  if (const Json* value = member(key, &kWanted)) return value->number_ != 0;
  return lacks(key, "boolean");
}

std::vector<std::string> Json::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_) keys.push_back(key);
  return keys;
}

Result<std::vector<std::string>> Json::texts(std::string_view key) const {
  constexpr Type kWanted = Type::kArray;
  const Json* array = member(key, &kWanted);
  if (array == nullptr) return lacks(key, "array");
  std::vector<std::string> texts;
  for (const Json& element : array->array_) {
    if (element.type_ != Type::kText) return lacks(key, "array of texts");
    texts.push_back(element.text_);
  }
  return texts;
}

Result<Json::Array> Json::objects(std::string_view key) const {
  constexpr Type kWanted = Type::kArray;
  const Json* array = member(key, &kWanted);
  if (array == nullptr) return lacks(key, "array");
  for (const Json& element : array->array_)
    if (element.type_ != Type::kObject) return lacks(key, "array of objects");
  return array->array_;
}

Result<Json> Json::object(std::string_view key) const {
  constexpr Type kWanted = Type::kObject;
  const Json* object = member(key, &kWanted);
  if (object == nullptr) return lacks(key, "object");
  return *object;
}

Result<Buffer> Json::base64_bytes(std::string_view key) const {
  ASSIGN_OR_RETURN(const std::string encoded, text(key));
  auto bytes = decode_base64(encoded);
  if (!bytes) return std::move(bytes).error().during("reading \"" + std::string(key) + "\"");
  return bytes;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    if (next.length == 0)
      out += "\\ufffd";  // JSON has no way to spell a byte
    else if (next.number == '"' || next.number == '\\')
      out += {'\\', text.front()};
    else if (next.number == '\n')
      out += "\\n";
    else if (is_visible(next.number))
      out += text.substr(0, length);
    else
      append_escaped(out, next.number);
    text.remove_prefix(length);
  }
  return out += '"';
}

}  // namespace varve::format
