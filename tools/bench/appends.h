// What limits appending on this machine, whichever way events come in.
#pragma once

#include "tools/bench/ceilings.h"
#include "tools/bench/scenarios.h"

namespace varve::bench {

struct Bound {
  double events = 0;  // a second, at most
  const char* by = "";
};

/// The lowest ceiling over this load. CPU: each event is hashed twice (when it arrives, and as it
/// is stored), compressed, decompressed, encrypted and decrypted, on both cores.
Bound bound_of(const Scenario& scenario, const Ceilings& ceilings);

}  // namespace varve::bench
