// Turns an answer that is not a success into an Error: the table of docs/ERRORS.md, read backwards,
// in one place.
#pragma once

#include <cstdint>
#include <optional>

#include "tools/client/http.h"

namespace varve::client {

/// The server's refusal. `expected_sequence` comes with 409 when something before is missing.
struct Problem {
  Error error;
  std::optional<std::uint64_t> expected_sequence;
  std::optional<std::uint64_t> retry_after_s;
};

/// Requires a status that is not 2xx. The message has the status and problem+json's detail. What the
/// log holds is known only from a document of the log's own: 409 without one is kBusy, and so is 500.
Problem problem_of(const HttpResponse& response);

/// The response itself when its status is 2xx, else its problem's error.
Result<HttpResponse> expect_success(Result<HttpResponse> response);

}  // namespace varve::client
