// From the log's acknowledgement to the client's receipt.
#pragma once

#include <functional>

#include "api/route.h"
#include "ledger/ledger.h"

namespace varve::api {

/// What to add to a refusal, worked out on a worker thread; may be empty.
using Explain = std::function<Response(const Error&)>;

/// Returns the callback for an append: leaves the commit thread, then answers 201 (200 when it
/// was there already) with the receipt, or the problem.
AppendDone finish(const SharedExchange& exchange, const Reply& reply, Explain explain = nullptr);

}  // namespace varve::api
