// Events that are slices of a request's body, all of them taken or the sender told that not all are.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/routes/runs.h"

namespace varve::api {

/// Of a record that holds what a request says outside of its events' slices.
inline constexpr std::string_view kEnvelopeType = "application/vnd.varve.envelope+json";

struct Slices {
  std::vector<std::string_view> events;  // views into the request's body; not empty
  std::string_view media_type;           // of each; static text
  std::string envelope;                  // JSON for a record in front of them; empty: there is none
};

/// `{"protocol":PROTOCOL,"NAME":VALUE}` of those of `names` that the request's query has, in the order of
/// `names`. Empty when it has none of them.
std::string query_envelope(const Exchange& exchange, std::string_view protocol,
                           std::initializer_list<std::string_view> names);

/// Makes the response from the place of the last event, or from the first refusal: then some of the events may be
/// in the log, when they did not fit into one batch.
using SlicesDone = std::function<Response(const Result<LeafIndex>& last)>;

/// Appends all events in their order, an envelope in front of those of each batch. Empties the request's body.
void append_slices(const SharedExchange& exchange, const Reply& reply, const Slices& slices,
                   SlicesDone done);

}  // namespace varve::api
