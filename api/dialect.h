// Refusals in the words of whoever is refused: a client that cannot read one may take it for success.
#pragma once

#include "api/http.h"
#include "api/route.h"

namespace varve::api {

/// Which dialect a request is in that no route has: by its path, or by Splunk's scheme of authorization.
Dialect guess_dialect(const Request& request);

/// A refusal of this server in the dialect of the exchange. Any other response, and one that is in a dialect
/// already, stays as it is.
Response in_dialect(const Exchange& exchange, Response response);
Response in_dialect(Dialect dialect, const Request& request, Response response);

}  // namespace varve::api
