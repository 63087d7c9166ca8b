// Over jansson.
#include "api/access/jwt_json.h"

#include <jansson.h>

namespace varve::api {
namespace {

constexpr double kSecondsMax = 9007199254740992.0;  // 2^53: beyond, doubles skip whole numbers

std::string text_in(const json_t* value) {
  return {json_string_value(value), json_string_length(value)};
}

/// A part of a document keeps the part alone alive.
std::shared_ptr<json_t> shared(json_t* value) {
  return {json_incref(value), [](json_t* held) { json_decref(held); }};
}

}  // namespace

std::optional<JwtObject> JwtObject::parse(std::string_view text) {
  json_t* json = json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr);
  if (json == nullptr) return std::nullopt;
  std::shared_ptr<json_t> owned = shared(json);
  json_decref(json);
  if (!json_is_object(owned.get())) return std::nullopt;
  return JwtObject(std::move(owned));
}

bool JwtObject::has(const char* name) const {
  return json_object_get(json_.get(), name) != nullptr;
}

std::optional<std::string> JwtObject::text(const char* name) const {
  const json_t* value = json_object_get(json_.get(), name);
  if (!json_is_string(value)) return std::nullopt;
  return text_in(value);
}

std::optional<std::vector<std::string>> JwtObject::texts(const char* name) const {
  const json_t* value = json_object_get(json_.get(), name);
  if (json_is_string(value)) return std::vector{text_in(value)};
  if (!json_is_array(value)) return std::nullopt;
  std::vector<std::string> out;
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    const json_t* one = json_array_get(value, i);
    if (!json_is_string(one)) return std::nullopt;
    out.push_back(text_in(one));
  }
  return out;
}

std::optional<std::uint64_t> JwtObject::seconds(const char* name) const {
  const json_t* value = json_object_get(json_.get(), name);
  if (!json_is_number(value)) return std::nullopt;
  const double number = json_number_value(value);
  if (!(number >= 0) || number > kSecondsMax) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

std::optional<JwtObject> JwtObject::object(const char* name) const {
  json_t* value = json_object_get(json_.get(), name);
  if (!json_is_object(value)) return std::nullopt;
  return JwtObject(shared(value));
}

std::optional<std::vector<JwtObject>> JwtObject::objects(const char* name) const {
  const json_t* value = json_object_get(json_.get(), name);
  if (!json_is_array(value)) return std::nullopt;
  std::vector<JwtObject> out;
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    json_t* one = json_array_get(value, i);
    if (!json_is_object(one)) return std::nullopt;
    out.push_back(JwtObject(shared(one)));
  }
  return out;
}

}  // namespace varve::api
