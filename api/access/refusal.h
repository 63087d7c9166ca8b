// Why somebody was not let in, as a value. Each way in says it in its own protocol: HTTP in
// api/refusal_response.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "api/access/gate.h"

namespace varve::api {

struct NoCredential {};       // none was presented, and this takes one
struct UnknownCredential {};  // the one that was presented is nobody's, or was revoked
struct NotAllowed {};         // known, and without the right: the operator's journal says which

/// More was sent in a second than may be. The same may be let in after that time.
struct TooFast {
  Limit limit = Limit::kClientRate;  // or kAddressRate
  std::uint64_t wait_ms = 1;

  bool operator==(const TooFast&) const = default;
};

/// A Limit is the one that leaves no room now; the same may be let in later.
using Refusal = std::variant<NoCredential, UnknownCredential, NotAllowed, Limit, TooFast>;

/// "no-credential", "unknown-credential", "not-allowed" or "limit".
std::string_view reason_name(const Refusal& refusal);

/// One sentence without a full stop, for whoever was refused. Names no client and no secret.
std::string_view explain(Limit limit);

}  // namespace varve::api
