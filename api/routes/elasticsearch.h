// Answers as clients of Elasticsearch read them.
#pragma once

#include <string>
#include <string_view>

#include "api/http.h"

namespace varve::api {

/// With the product's header, without which the official clients stop.
Response elasticsearch_response(int status, std::string json);
/// Of a request as a whole. `type`: a name of Elasticsearch. `reason`: never payload.
Response elasticsearch_error(int status, std::string_view type, std::string_view reason);

}  // namespace varve::api
