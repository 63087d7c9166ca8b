// The adapter for senders that cannot seal: splits a body into events and checks that each is
// JSON that every reader understands alike. It never changes a byte of an event.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "api/ingest/json_checker.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/ledger.h"

namespace varve::api {

/// An error in a body of many events: which line, counted from 1. 0: the body as a whole.
struct LineError {
  Error error;
  std::uint64_t line = 0;
  bool too_large = false;  // an event that no record can hold
};

using SplitEvents = std::variant<std::vector<Event>, LineError>;

/// One JSON object a line. A line ends with LF, the last one with LF or the end of the body; all
/// else on the line, a CR before the LF too, is the event. Views into `body`, which grows by
/// kJsonPadding while it is checked and has its size again afterwards.
SplitEvents split_ndjson(Buffer& body, std::uint64_t time_us);

/// One event a body, of a media type that is stored with it; JSON types are checked as above,
/// others are kept as they are. The media type is appended to `body`, for the event to view it.
SplitEvents whole_event(Buffer& body, std::string_view media_type, bool json,
                        std::uint64_t time_us);

}  // namespace varve::api
