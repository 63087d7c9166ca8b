// A request of many items, some of which are appended together: a run. When the log has answered the
// last run, the response goes out.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "api/route.h"
#include "ledger/ledger.h"

namespace varve::api {

inline constexpr std::size_t kRunBytesMax = 4u << 20;  // of payload, unless one item is larger

struct Run {
  std::vector<std::size_t> items;  // by their place in the request
  bool has_envelope = false;       // the first event is one, and no item
  EventRequest request;
};

/// Where an item is in the log.
struct Placed {
  LeafIndex index;
  bool repeated = false;
};

/// What became of one item. Called once for each; of different runs at the same time.
using Settle = std::function<void(std::size_t item, const Result<Placed>& placed)>;

/// Appends the runs in their order; then `make` makes the response to a request of `items` items: of few
/// on the thread of the socket, of many on a worker.
void append_runs(const SharedExchange& exchange, const Reply& reply, std::vector<Run> runs,
                 std::size_t items, Settle settle, Reply::Make make);

}  // namespace varve::api
