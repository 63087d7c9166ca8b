// One event into a log that is open, by tests which need a log with something in it.
#pragma once

#include <future>
#include <string>
#include <utility>

#include "ledger/ledger.h"

namespace varve::tools {

/// Returns whether it was acknowledged.
inline bool append_one(Log& log) {
  std::promise<bool> done;
  EventRequest request;
  request.sender = {format::SenderKind::kClient, "tester"};
  request.body = to_buffer(bytes_of("{}"));
  request.events = {{"application/json", request.body, 7}};
  log.append(std::move(request),
             [&done](const Result<Appended>& outcome) { done.set_value(outcome.has_value()); });
  return done.get_future().get();
}

/// Of its newest checkpoint: what the log wrote by itself is in it too.
inline std::string size_text(const Log& log) {
  return std::to_string(log.latest()->checkpoint.size.value);
}

}  // namespace varve::tools
