// One JSON object that every reader understands alike, or that is at least JSON: what protocols
// with JSON events ask of an event. It changes nothing and keeps nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::uint32_t kJsonDepthMax = 64;  // objects and arrays within each other

/// What is asked beyond RFC 8259's grammar.
enum class JsonRule : std::uint8_t {
  kOneMeaning,  // no key twice in an object, no half of a surrogate pair in an escape
  kGrammar,     // nothing: readers may differ about what it says
};

/// Checks that `text` is one JSON object (RFC 8259): UTF-8, at most kJsonDepthMax deep, nothing after
/// it, and what the rule asks at any depth ("a" and "\u0061" are the same key). Numbers may be of any size.
/// `text` must have kJsonPadding readable bytes after its end.
/// Errors: kInvalid  what is wrong; never what the text says.
/// Source: RFC 8259, RFC 7493 section 2.3 (unique keys)
class JsonChecker {
 public:
  JsonChecker();
  ~JsonChecker();
  JsonChecker(const JsonChecker&) = delete;
  JsonChecker& operator=(const JsonChecker&) = delete;

  Result<void> check(std::string_view text, JsonRule rule = JsonRule::kOneMeaning);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

inline constexpr std::size_t kJsonPadding = 64;

}  // namespace varve::api
