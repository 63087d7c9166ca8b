// Why somebody was not let in, as a value. Each way in says it in its own protocol: HTTP in
// api/refusal_response.h.
#pragma once

#include <string_view>
#include <variant>

#include "api/access/gate.h"

namespace varve::api {

struct NoCredential {};       // none was presented, and this takes one
struct UnknownCredential {};  // the one that was presented is nobody's, or was revoked
struct NotAllowed {};         // known, and without the right: the operator's journal says which

/// A Limit is the one that leaves no room now; the same may be let in later.
using Refusal = std::variant<NoCredential, UnknownCredential, NotAllowed, Limit>;

/// "no-credential", "unknown-credential", "not-allowed" or "limit".
std::string_view reason_name(const Refusal& refusal);

/// One sentence without a full stop, for whoever was refused. Names no client and no secret.
std::string_view explain(Limit limit);

}  // namespace varve::api
