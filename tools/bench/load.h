// The load generator: many keep-alive connections on one thread, closed loop or at a fixed rate.
// It uses sockets directly and prepared requests, so that it takes little of the server's cores.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"

namespace varve::bench {

struct Load {
  std::uint16_t port = 0;
  unsigned connections = 1;
  double rate = 0;  // requests a second; 0: each connection sends when it has its answer
  double seconds = 5;
  double warm_up_s = 1;  // not counted
  bool all = false;      // ends when every connection has no more requests, not when the first has
  int wanted = 2;        // hundreds of the status that is the right answer
  /// The connection's next request, whole; it lives until the run ends. Empty: no more.
  std::function<std::string_view(unsigned connection)> next;
};

struct Measured {
  std::uint64_t answered = 0;  // with the status that is wanted
  std::uint64_t refused = 0;   // with anything else
  int refusal = 0;             // a status of one of them
  double seconds = 0;
  std::vector<float> ms;  // latency of each, at a fixed rate from the moment it should have begun
  /// The latency that this part of the requests stayed below. Sorts.
  [[nodiscard]] double quantile(double part);
  /// Those of another run.
  void add(const Measured& more);
};

/// Runs until the time is over or the requests are.
/// Errors: kIo  a connection failed.
Result<Measured> run_load(const Load& load);

}  // namespace varve::bench
