// A request target taken apart: path segments and query parameters, percent-decoded once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::size_t kTargetMax = 4096;
inline constexpr std::string_view kTargetTooLongDetail = "the target is longer than 4096 bytes";
inline constexpr std::size_t kQueryParametersMax = 32;

/// What may stand unencoded in every part of a URI. Source: RFC 3986 sections 2.2 and 2.3
bool is_name_character(char c);

/// Names and values in their order; a name may come again.
using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Target {
  std::string_view path;              // as sent; a view into what was parsed
  std::vector<std::string> segments;  // decoded; "/a/b%2Fc" is {"a", "b/c"}
  bool slash_at_end = false;          // "/a/", which is not "/a"
  Parameters query;                   // decoded

  [[nodiscard]] const std::string* parameter(std::string_view name) const;
};

/// Origin form ("/path?query"), or absolute form, whose authority may be any. Empty and dot
/// segments are refused rather than normalised, so that no two spellings of a path reach
/// different checks. One '/' at the end is kept apart: no route has it unless its pattern says so.
/// Errors: kInvalid  not such a target, bad percent-encoding, a NUL, too many parameters.
/// Source: RFC 9112 section 3.2, RFC 3986; '+' in a query is a plus.
Result<Target> parse_target(std::string_view target);

/// A body of the type application/x-www-form-urlencoded, in which '+' is a blank. Errors: as parse_target.
Result<Parameters> parse_form(std::string_view body);

/// Undoes percent-encoding. Errors: kInvalid  '%' without two hex digits, or %00.
Result<std::string> percent_decode(std::string_view text);
/// All but letters, digits and "-._~" as '%' and two hex digits.
std::string percent_encode(std::string_view text);

}  // namespace varve::api
