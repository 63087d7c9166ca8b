// A refusal of api/access, as HTTP says it.
#pragma once

#include "api/access/refusal.h"
#include "api/http.h"

namespace varve::api {

/// 401 or 403 with a challenge, 429 where it is the client's own share that is used up, else 503.
/// Source: RFC 6750 section 3
Response refuse(const Refusal& refusal);

}  // namespace varve::api
