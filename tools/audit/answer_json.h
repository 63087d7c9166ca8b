// Builds the one-line JSON object of an answer, and lists in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/format/json.h"

namespace varve::audit {

class AnswerJson {
 public:
  AnswerJson& add(std::string_view key, std::string_view text) {
    return raw(key, format::json_quoted(text));
  }
  AnswerJson& add(std::string_view key, std::uint64_t number) {
    return raw(key, std::to_string(number));
  }
  AnswerJson& raw(std::string_view key, const std::string& json) {
    body_ += (body_.empty() ? "" : ",") + format::json_quoted(key) + ":" + json;
    return *this;
  }
  [[nodiscard]] std::string take() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

/// A JSON array; `text_of` makes JSON of an item.
template <class Items, class TextOf>
std::string list_json(const Items& items, TextOf text_of) {
  std::string list;
  for (const auto& item : items) list.append(list.empty() ? "" : ",").append(text_of(item));
  return "[" + list + "]";
}

inline std::string numbers_json(const std::vector<std::uint64_t>& numbers) {
  return list_json(numbers, [](std::uint64_t number) { return std::to_string(number); });
}

}  // namespace varve::audit
