// A body of events that the server seals, whichever route it came by.
#pragma once

#include "api/route.h"
#include "ledger/ledger.h"

namespace varve::api {

enum class EventBody : std::uint8_t {
  kLines,  // NDJSON
  kJson,   // one event, checked as JSON
  kOther,  // one event, kept as it is
};

/// Appends the request's body, under its Idempotency-Key if it has one. Replies at once to what cannot be
/// taken; else the log calls `done`. `type`: one event's, which it is kept with.
void append_body(const SharedExchange& exchange, const Reply& reply, const MediaType& type,
                 EventBody body, AppendDone done);

}  // namespace varve::api
