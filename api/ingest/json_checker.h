// One JSON object that every reader understands alike: what every protocol with JSON events asks
// of an event. It changes nothing and keeps nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::uint32_t kJsonDepthMax = 64;  // objects and arrays within each other

/// Checks that `text` is one JSON object (RFC 8259): UTF-8, no key twice in one object at any
/// depth ("a" and "\u0061" are the same key), at most kJsonDepthMax deep, no half of a surrogate
/// pair in an escape, nothing after it. Numbers may be of any size.
/// `text` must have kJsonPadding readable bytes after its end.
/// Errors: kInvalid  what is wrong; never what the text says.
/// Source: RFC 8259, RFC 7493 section 2.3 (unique keys)
class JsonChecker {
 public:
  JsonChecker();
  ~JsonChecker();
  JsonChecker(const JsonChecker&) = delete;
  JsonChecker& operator=(const JsonChecker&) = delete;

  Result<void> check(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

inline constexpr std::size_t kJsonPadding = 64;

}  // namespace varve::api
