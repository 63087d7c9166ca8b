// What limits appending on this machine, whichever way events come in.
#pragma once

#include "tools/bench/ceilings.h"
#include "tools/bench/load.h"
#include "tools/bench/scenarios.h"
#include "tools/bench/site.h"

namespace varve::bench {

struct Bound {
  double events = 0;  // a second, at most
  const char* by = "";
};

/// The lowest ceiling over this load. CPU: each event is hashed twice (when it arrives, and as it
/// is stored), compressed, decompressed, encrypted and decrypted, on both cores.
Bound bound_of(const Scenario& scenario, const Ceilings& ceilings);

/// Load of the scenario's connections and rate, which counts from its first request.
Load offered_load(const Site& site, const Scenario& scenario, double seconds);

/// Under print_columns(): events of the scenario's size, as many as its batch in each request.
void print_appends(std::string_view name, const Scenario& scenario, Measured& measured,
                   double cpu_us, const Bound& bound);
/// The same of single events at a rate, where neither the server's CPU time nor a bound says anything.
void print_offered(const char* name, const Scenario& scenario, Measured& measured);

}  // namespace varve::bench
