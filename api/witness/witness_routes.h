// The HTTP of a witness: c2sp.org/tlog-witness, what it says of itself, and what an operator looks at.
#pragma once

#include <string>
#include <vector>

#include "api/route.h"
#include "ledger/witness/witness.h"

namespace varve::api {

/// What the routes answer from. Outlives them.
struct WitnessSite {
  witness::Witness& witness;
  std::string url;  // where logs and monitors reach it: https://HOST, without a slash at its end
  std::string version;  // of this program
};

/// docs/operating/running-a-witness.md describes each.
std::vector<Route> witness_routes(const WitnessSite& site);

}  // namespace varve::api
