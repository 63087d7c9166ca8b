// The JSON objects of tokens and key sets, read strictly. jansson reads them, as it does again within
// rhonabwy, so that both understand one header alike.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct json_t;

namespace varve::api {

/// Immutable. Thread: one at a time, copies and parts of it included.
class JwtObject {
 public:
  /// nullopt: it is not one JSON object (RFC 8259), an object in it has a name twice (after escapes),
  /// it is more than 2,048 deep, or a text in it holds a NUL.
  static std::optional<JwtObject> parse(std::string_view text);

  [[nodiscard]] bool has(const char* name) const;
  /// nullopt: there is none, or it is no text.
  [[nodiscard]] std::optional<std::string> text(const char* name) const;
  /// A text, or an array of nothing but texts, as `aud` may be both. nullopt: neither.
  [[nodiscard]] std::optional<std::vector<std::string>> texts(const char* name) const;
  /// Whole seconds since 1970, a fraction left out. nullopt: it is no number from 0 to 2^53.
  [[nodiscard]] std::optional<std::uint64_t> seconds(const char* name) const;
  [[nodiscard]] std::optional<JwtObject> object(const char* name) const;
  /// nullopt: there is no array, or something in it is no object.
  [[nodiscard]] std::optional<std::vector<JwtObject>> objects(const char* name) const;

 private:
  explicit JwtObject(std::shared_ptr<json_t> json) : json_(std::move(json)) {}
  std::shared_ptr<json_t> json_;
};

}  // namespace varve::api
