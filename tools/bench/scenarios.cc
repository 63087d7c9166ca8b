// The table.
#include "tools/bench/scenarios.h"

#include "tools/bench/loader.h"

namespace varve::bench {

const std::vector<Scenario>& scenarios() {
  constexpr TokenSpeed kFull = TokenSpeed::kFull;
  constexpr TokenSpeed kSlow = TokenSpeed::kTenASecond;
  static const std::vector<Scenario> table = {
      {"batch-1000", "500,000/s, p99 < 60 ms", run_appends, 1000, 300, 16, 0, 0, kFull},
      {"batch-1000-3k", "70,000/s", run_appends, 1000, 3000, 8, 0, 0, kFull},
      {"batch-100", "", run_appends, 100, 300, 32, 0, 0, kFull},
      {"batch-10", "", run_appends, 10, 300, 64, 0, 0, kFull},
      {"batch-1", "", run_appends, 1, 300, 64, 0, 0, kFull},
      {"single-64", "20,000/s, p50 < 4 ms, p99 < 15 ms", run_appends, 0, 300, 64, 0, 0, kFull},
      {"single-256", "40,000/s, p50 < 7 ms", run_appends, 0, 300, 256, 0, 0, kFull},
      {"single-2000", "", run_appends, 0, 300, 2000, 0, 0, kFull},
      {"single-1", "1,500/s, p50 < 0.7 ms", run_appends, 0, 300, 1, 0, 0, kFull},
      {"offered-1000", "p50 < 1.5 ms, p99 < 6 ms", run_appends, 0, 300, 64, 1000, 0, kFull},
      {"single-64-quiet", "single-64, 5 % off at most", run_appends, 0, 300, 64, 0, 2000, kFull},
      {"syslog-tcp", "150,000/s", run_syslog_tcp, 0, 300, 8, 0, 0, kFull},
      {"syslog-tls", "100,000/s", run_syslog_tls, 0, 300, 8, 0, 0, kFull},
      {"slow-token", "batch-1000, p99 < 300 ms", run_appends, 1000, 300, 128, 0, 0, kSlow},
      {"slow-token-single", "", run_appends, 0, 300, 2000, 0, 0, kSlow},
      {"rotation", "p99 within 2 times", run_rotation, 0, 300, 64, 500, 0, kFull},
      {"witness", "500 cosignatures/s", run_witness, 0, 0, 64, 0, 0, kFull},
      {"kill", "start < 2 s", run_kill, 1000, 300, 8, 0, 0, kFull},
      {"size", "", run_size, 0, 300, 1, 0, 0, kFull},
      {"big-log", "", run_big_log, 0, kSmallEvent, 1, 0, 0, kFull},
      {"growth", "", run_growth, 0, kSmallEvent, 1, 0, 0, kFull},
      {"retention", "as without", run_retention, 0, 300, 64, 0, 0, kFull},
      {"disposal", "p99 within 2 times", run_disposal, 0, 300, 64, 500, 0, kFull},
      {"years", "", run_years, 0, 300, 1, 0, 0, kFull},
      {"many-logs", "200 ready in 10 s", run_many_logs, 0, 0, 0, 0, 0, kFull},
  };
  return table;
}

}  // namespace varve::bench
