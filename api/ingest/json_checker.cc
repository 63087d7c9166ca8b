// Strict JSON with simdjson's on-demand parser, which visits every value here, because it checks
// only what it visits.
#include "api/ingest/json_checker.h"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

namespace varve::api {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr std::size_t kFewKeys = 16;

// RFC 8259 section 6: [ minus ] int [ frac ] [ exp ]
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::string_view without_trailing_space(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : token.substr(0, last + 1);
}

bool has_twins(std::vector<std::string_view>& keys) {
  if (keys.size() <= kFewKeys) {
    for (std::size_t i = 1; i < keys.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (keys[i] == keys[k]) return true;
    return false;
  }
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Of a string that the parser refused, from behind its first quote on: its first pass has seen the
// quote that closes it. Unless an escape of it is no escape, only half a surrogate pair can be what
// the parser minds: RFC 8259's grammar allows that, and section 8.2 says that readers differ.
bool has_half_a_pair(const char* at) {
  for (; *at != '"'; ++at) {
    if (*at != '\\') continue;
    ++at;
    if (*at != 'u' && std::string_view("\"\\/bfnrt").find(*at) == std::string_view::npos)
      return false;
    for (int digits = *at == 'u' ? 4 : 0; digits > 0; --digits)
      if (!is_hex(*++at)) return false;
  }
  return true;
}

constexpr const char* kHalfAPair = "a string has half a surrogate pair in it, like \\ud83d alone";

// Of a string that the parser refused: null when the rule allows it.
const char* judge_string(const char* at, const char* malformed, JsonRule rule) {
  if (!has_half_a_pair(at)) return malformed;
  return rule == JsonRule::kGrammar ? nullptr : kHalfAPair;
}

const char* check_value(ondemand::value value, std::uint32_t depth, JsonRule rule);

// Null when it is well-formed, else what is wrong: shared by all that visit.
const char* check_object(ondemand::object object, std::uint32_t depth, JsonRule rule) {
  if (depth == kJsonDepthMax) return "it is nested too deeply";
  std::vector<std::string_view> keys;
  for (auto field : object) {
    std::string_view key;
    ondemand::raw_json_string raw;
    if (field.key().get(raw) != simdjson::SUCCESS) return "a key is malformed";
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) {
      if (const char* wrong = judge_string(raw.raw(), "a key is malformed", rule)) return wrong;
    } else if (rule == JsonRule::kOneMeaning) {
      keys.push_back(key);
    }
    ondemand::value value;
    if (field.value().get(value) != simdjson::SUCCESS) return "a value is malformed";
    if (const char* wrong = check_value(value, depth + 1, rule)) return wrong;
  }
  return has_twins(keys) ? "a key occurs twice in one object" : nullptr;
}

const char* check_array(ondemand::array array, std::uint32_t depth, JsonRule rule) {
  if (depth == kJsonDepthMax) return "it is nested too deeply";
  for (auto element : array) {
    ondemand::value value;
    if (element.get(value) != simdjson::SUCCESS) return "a value is malformed";
    if (const char* wrong = check_value(value, depth + 1, rule)) return wrong;
  }
  return nullptr;
}

const char* check_scalar(ondemand::value value, ondemand::json_type type, JsonRule rule) {
  if (type == ondemand::json_type::number)
    return is_number(without_trailing_space(value.raw_json_token())) ? nullptr
                                                                     : "a number is malformed";
  if (type == ondemand::json_type::string) {
    const std::string_view raw = value.raw_json_token();
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) return nullptr;
    return judge_string(raw.data() + 1, "a string is malformed", rule);
  }
  const std::string_view token = without_trailing_space(value.raw_json_token());
  return token == "true" || token == "false" || token == "null" ? nullptr : "a value is malformed";
}

const char* check_value(ondemand::value value, std::uint32_t depth, JsonRule rule) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return "a value is malformed";
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return "an object is malformed";
    return check_object(object, depth, rule);
  }
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return "an array is malformed";
    return check_array(array, depth, rule);
  }
  return check_scalar(value, type, rule);
}

const char* reason_of(error_code code) {
  if (code == simdjson::UTF8_ERROR) return "it is not UTF-8";
  if (code == simdjson::EMPTY) return "it is empty";
  if (code == simdjson::UNCLOSED_STRING) return "a string is not closed";
  if (code == simdjson::UNESCAPED_CHARS) return "a string has a control character in it";
  return "it is not JSON";
}

}  // namespace

struct JsonChecker::Parser {
  ondemand::parser parser;
};

JsonChecker::JsonChecker() : parser_(std::make_unique<Parser>()) {}
JsonChecker::~JsonChecker() = default;

Result<void> JsonChecker::check(std::string_view text, JsonRule rule) {
  ondemand::document document;
  const error_code started =
      parser_->parser.iterate(text.data(), text.size(), text.size() + kJsonPadding).get(document);
  if (started != simdjson::SUCCESS) return invalid(reason_of(started));
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS)
    return invalid("it is not a JSON object");
  if (const char* wrong = check_object(object, 0, rule)) return invalid(wrong);
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return invalid("something follows the JSON object");
  return {};
}

}  // namespace varve::api
