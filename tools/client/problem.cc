// The table from HTTP statuses to error codes.
#include "tools/client/problem.h"

#include <algorithm>

#include "ledger/base/visible.h"
#include "ledger/format/json.h"

namespace varve::client {
namespace {

Code code_of(int status, bool out_of_order, bool retry_after) {
  switch (status) {
    case 404:
    case 410:
      return Code::kNotFound;
    case 409:
      return out_of_order ? Code::kOutOfOrder : Code::kWorm;
    case 429:
    case 502:
    case 504:
      return Code::kBusy;
    case 503:
      return retry_after ? Code::kBusy : Code::kIo;
    case 507:
      return Code::kFull;
    default:
      return status >= 500 ? Code::kCorrupt : Code::kInvalid;
  }
}

/// What a server says ends up on a terminal: visible, and not a page of it.
std::string quoted(std::string text) {
  constexpr std::size_t kMost = 500;
  if (text.size() > kMost) text.resize(kMost);
  std::ranges::replace(text, '\n', ' ');
  return visible(text);
}

}  // namespace

Problem problem_of(const HttpResponse& response) {
  Problem problem{
      {Code::kInvalid, "the server answered " + std::to_string(response.status)}, {}, {}};
  problem.retry_after_s = response.retry_after_s();
  if (response.content_type.starts_with("application/problem+json")) {
    if (const auto json = format::Json::parse(response.body)) {
      const auto detail = json->text("detail");
      const auto title = json->text("title");
      if (detail)
        problem.error.message += ": " + quoted(*detail);
      else if (title)
        problem.error.message += ": " + quoted(*title);
      if (const auto n = json->number("expected_sequence")) problem.expected_sequence = *n;
    }
  }
  problem.error.code = code_of(response.status, problem.expected_sequence.has_value(),
                               problem.retry_after_s.has_value());
  return problem;
}

Result<HttpResponse> expect_success(Result<HttpResponse> response) {
  if (!response || (response->status >= 200 && response->status < 300)) return response;
  return problem_of(*response).error;
}

}  // namespace varve::client
