// What the door could not decide: the request says which of a route's rights it needs, or of which source
// it is.
#pragma once

#include <optional>
#include <string_view>

#include "api/route.h"

namespace varve::api {

/// The answer to a caller who has not this right; nullopt: it has. `source`: as has_one().
std::optional<Response> refuse_unless(const Exchange& exchange, Rights right,
                                      std::optional<std::string_view> source = std::nullopt);

/// The same of the source of that number: nobody's unless it is registered.
std::optional<Response> refuse_unless(const Exchange& exchange, Rights right, SourceId source);

/// Whether the caller has this right for the source of that number.
bool may(const Exchange& exchange, Rights right, SourceId source);

}  // namespace varve::api
