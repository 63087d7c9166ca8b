// Answers as clients of Splunk's HTTP Event Collector read them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "api/http.h"
#include "api/ingest/hec.h"

namespace varve::api {

/// {"text","code"}, the text as Splunk has it; with `detail` where there is one, and with
/// "invalid-event-number" where it is known. `detail`: never payload.
Response hec_response(int status, HecCode code, std::string_view detail = {},
                      std::optional<std::size_t> event = {});

/// Any refusal of this server as such an answer: the same headers and status, but 403 for 409, when the log
/// has ended, and 503 for 507, which these clients do not take for something that passes. Any other response
/// stays as it is.
Response in_hec(const Request& request, Response response);

}  // namespace varve::api
