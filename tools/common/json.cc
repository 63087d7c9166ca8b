// Builds the tree of json.h with simdjson, which checks the syntax and UTF-8.
#include "tools/common/json.h"

#include <simdjson.h>

#include <cstdio>

#include "ledger/base/text.h"

namespace varve::tools {
namespace {

constexpr int kDepthMax = 32;

Error lacks(std::string_view key, std::string_view type) {
  return invalid("the JSON has no " + std::string(type) + " \"" + std::string(key) + "\"");
}

}  // namespace

/// Fills one value from simdjson's; recursive, to kDepthMax.
struct Json::Builder {
  static Result<void> fill(Json& to, simdjson::dom::element from, int depth) {
    using simdjson::dom::element_type;
    if (depth > kDepthMax) return invalid("the JSON is nested too deep");
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

  static Result<void> fill_array(Json& to, simdjson::dom::array from, int depth) {
    to.type_ = Type::kArray;
    for (const simdjson::dom::element element : from)
      RETURN_IF_ERROR(fill(to.array_.emplace_back(), element, depth + 1));
    return {};
  }

  static Result<void> fill_object(Json& to, simdjson::dom::object from, int depth) {
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
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root); error)
    return invalid(std::string("not JSON: ") + simdjson::error_message(error));
  Json json;
  RETURN_IF_ERROR(Builder::fill(json, root, 0));
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

Result<Buffer> Json::base64_bytes(std::string_view key) const {
  ASSIGN_OR_RETURN(const std::string encoded, text(key));
  auto bytes = decode_base64(encoded);
  if (!bytes) return std::move(bytes).error().during("reading \"" + std::string(key) + "\"");
  return bytes;
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace varve::tools
