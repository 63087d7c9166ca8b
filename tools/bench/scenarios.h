// The scenarios, in the order of docs/BENCHMARKS.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "tools/bench/ceilings.h"

namespace varve::bench {

/// How long, and on how much.
struct Extent {
  double seconds = 5;  // of each load
  std::uint64_t leaves =
      1'000'000;          // of the log that reads, audit, memory and growth are measured on;
                          // of the month that is disposed of
  unsigned days = 2'400;  // that logs are filled with, a segment a day, for what grows with them;
                          // and of months with holds, at most so many
  unsigned logs = 200;    // of one server
};

struct Scenario {
  std::string_view name;    // for --only
  std::string_view target;  // of the project, for 2 cores
  Result<void> (*run)(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
  unsigned batch = 0;  // events of a sealed batch; 0: single events that the log seals
  unsigned event_bytes = 300;
  unsigned connections = 1;
  double rate = 0;     // requests a second; 0: closed loop
  unsigned quiet = 0;  // further connections that do nothing
  TokenSpeed token = TokenSpeed::kFull;
};

const std::vector<Scenario>& scenarios();
void print_columns();

// Kinds of scenario. Each prints its rows. Errors: kIo  the server or the generator failed.
Result<void> run_appends(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_syslog_tcp(const Scenario& scenario, const Extent& extent,
                            const Ceilings& ceilings);
Result<void> run_syslog_tls(const Scenario& scenario, const Extent& extent,
                            const Ceilings& ceilings);
Result<void> run_big_log(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_size(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_growth(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_rotation(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_witness(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_retention(const Scenario& scenario, const Extent& extent,
                           const Ceilings& ceilings);
Result<void> run_disposal(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_years(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);
Result<void> run_many_logs(const Scenario& scenario, const Extent& extent,
                           const Ceilings& ceilings);
Result<void> run_kill(const Scenario& scenario, const Extent& extent, const Ceilings& ceilings);

}  // namespace varve::bench
