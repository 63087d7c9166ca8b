// Events that are the objects of a list in one JSON object. Each is the slice of the body from its { to its },
// byte for byte.
//
//   {"e":"ls","ls":[{"line":"login"},{"line":"logout"}]}
//                   ^--------------^ ^---------------^
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::api {

inline constexpr std::size_t kListedEventsMax = 65'536;

/// The objects of the list that has one of `names`; views into `body`, which grows while it is read and has
/// its size again afterwards. The object {} has none. The body is one JSON object, checked as JsonChecker
/// does by the grammar alone: one line of many must not cost the others.
/// Errors: kInvalid  it is not; it has members and no such list, or two of them; an element is no object;
/// there are more than
/// kListedEventsMax.
Result<std::vector<std::string_view>> parse_json_list(
    Buffer& body, std::initializer_list<std::string_view> names);

}  // namespace varve::api
