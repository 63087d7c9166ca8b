// The table from HTTP statuses to error codes.
#include "tools/client/problem.h"

#include <algorithm>

#include "ledger/base/later_format.h"
#include "ledger/base/visible.h"
#include "ledger/format/json.h"

namespace varve::client {
namespace {

constexpr std::string_view kTypes = "/problems/";  // of what a log says

/// `type`: what the log says it is, behind kTypes. Empty: something else answered, as a proxy does,
/// which knows nothing of what the log holds.
Code code_of(int status, std::string_view type, bool retry_after) {
  switch (status) {
    case 404:
    case 410:
      return Code::kNotFound;
    case 409:
      if (type.empty()) return Code::kBusy;
      return type == "out-of-order" ? Code::kOutOfOrder : Code::kWorm;
    case 429:
    case 502:
    case 504:
      return Code::kBusy;
    case 503:
      return retry_after ? Code::kBusy : Code::kIo;
    case 507:
      return Code::kFull;
    default:
      if (status < 500) return Code::kInvalid;
      return type.empty() ? Code::kBusy : Code::kCorrupt;
  }
}

/// What a server says ends up on a terminal: visible, and not a page of it.
std::string quoted(std::string text) {
  constexpr std::size_t kMost = 500;
  if (text.size() > kMost) text.resize(kMost);
  std::ranges::replace(text, '\n', ' ');
  return visible(text);
}

/// The document in an answer that has one.
std::optional<format::Json> document_of(const HttpResponse& response) {
  if (!response.content_type.starts_with("application/problem+json")) return std::nullopt;
  auto json = format::Json::parse(response.body);
  if (!json) return std::nullopt;
  return *std::move(json);
}

/// As code_of() takes it.
std::string type_of(const format::Json& document) {
  const auto type = document.text("type");
  return type && type->starts_with(kTypes) ? type->substr(kTypes.size()) : "";
}

void add_text(const format::Json& document, std::string& message) {
  const auto detail = document.text("detail");
  const auto title = document.text("title");
  if (detail)
    message += ": " + quoted(*detail);
  else if (title)
    message += ": " + quoted(*title);
}

}  // namespace

Problem problem_of(const HttpResponse& response) {
  Problem problem{
      {Code::kInvalid, "the server answered " + std::to_string(response.status)}, {}, {}};
  problem.retry_after_s = response.retry_after_s();
  std::string type;
  if (const auto document = document_of(response)) {
    type = type_of(*document);
    add_text(*document, problem.error.message);
    const auto expected = document->number("expected_sequence");
    if (expected && type == "out-of-order") problem.expected_sequence = *expected;
  }
  problem.error.code = code_of(response.status, type, problem.retry_after_s.has_value());
  // Of a file of the server's. Else its words would end a collector for good (exit code 22).
  if (is_later_format(problem.error)) problem.error.code = Code::kBusy;
  if (type.empty() && response.status == 409)
    problem.error.message += ", and not as a log does (a proxy?)";
  return problem;
}

Result<HttpResponse> expect_success(Result<HttpResponse> response) {
  if (!response || (response->status >= 200 && response->status < 300)) return response;
  return problem_of(*response).error;
}

}  // namespace varve::client
