// Compression of responses, for those that are worth it: entry bundles.
#pragma once

#include "api/http.h"

namespace varve::api {

/// Replaces the body by its gzip form, fast rather than small, and says so in the header.
void compress(Response& response);

}  // namespace varve::api
