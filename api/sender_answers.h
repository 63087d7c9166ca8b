// Refusals as clients of Mezmo and of OTLP read them.
#pragma once

#include "api/http.h"

namespace varve::api {

/// {"status":"error","error"}. What may pass is 503. These clients send again after it, and after 500. Any
/// other response stays as it is.
Response in_mezmo(Response response);

/// {"message"}, as a google.rpc.Status in JSON has it. 503 for 507, which these clients do not send again
/// after. Retry-After is 1 second: exporters give up at once when it ends behind their own time limit.
/// Any other response stays as it is. Source: OTLP specification 1.5, "OTLP/HTTP Response"
Response in_otlp(Response response);

}  // namespace varve::api
