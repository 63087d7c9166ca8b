// Conditional requests. Source: RFC 9110 section 13
#pragma once

#include <optional>
#include <string_view>

#include "api/http.h"

namespace varve::api {

/// Whether a list of entity tags has `tag`, which is a strong one; "*" has every tag.
/// `weakly`: "W/" before a tag of the list makes no difference. Source: RFC 9110 section 8.8.3
bool lists_tag(std::string_view list, std::string_view tag, bool weakly);

/// What forbids a request that adds something: If-Match is true of nothing there.
std::optional<Response> check_condition(const Request& request);

/// Makes of a 200 to GET or HEAD the 304 or 412 that If-Match and If-None-Match ask for. Nothing
/// here has a date of its last change, so If-Modified-Since and If-Unmodified-Since say nothing.
void apply_conditions(const Request& request, Response& response);

}  // namespace varve::api
