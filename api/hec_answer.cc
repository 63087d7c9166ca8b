// Splunk's texts, and which of its codes a status is.
#include "api/hec_answer.h"

#include <string>

#include "api/common/json.h"
#include "api/target.h"

namespace varve::api {
namespace {

std::string_view hec_text(HecCode code) {
  switch (code) {
    case HecCode::kSuccess:
      return "Success";
    case HecCode::kTokenDisabled:
      return "Token disabled";
    case HecCode::kTokenRequired:
      return "Token is required";
    case HecCode::kInvalidToken:
      return "Invalid token";
    case HecCode::kNoData:
      return "No data";
    case HecCode::kInvalidFormat:
      return "Invalid data format";
    case HecCode::kInternal:
      return "Internal server error";
    case HecCode::kBusy:
      return "Server is busy";
    case HecCode::kChannelMissing:
      return "Data channel is missing";
    case HecCode::kInvalidChannel:
      return "Invalid data channel";
    case HecCode::kEventRequired:
      return "Event field is required";
    case HecCode::kEventBlank:
      return "Event field cannot be blank";
    case HecCode::kQueryToken:
      return "Query string authorization is not enabled";
    case HecCode::kHealthy:
      return "HEC is healthy";
    case HecCode::kUnhealthy:
      return "HEC is unhealthy, queues are full";
    case HecCode::kNoSuchPath:
      return "The requested URL was not found on this server.";
    case HecCode::kNoSuchMethod:
      return "The requested method is not allowed";
  }
  return "Internal server error";
}

/// A bearer token in the URL: it would end up in everybody's logs.
bool has_query_token(std::string_view text) {
  const auto target = parse_target(text);
  return target && target->parameter("token") != nullptr;
}

/// Splunk has no other status for what its clients are to do.
int status_of_hec(int status) {
  if (status == 507) return 503;
  return status == 409 ? 403 : status;
}

HecCode hec_code(const Request& request, int status) {
  switch (status) {
    case 400:
      return has_query_token(request.target) ? HecCode::kQueryToken : HecCode::kInvalidFormat;
    case 401:
      return request.has_header("authorization") ? HecCode::kInvalidToken : HecCode::kTokenRequired;
    case 403:
      return HecCode::kInvalidToken;
    case 409:
      return HecCode::kTokenDisabled;
    case 404:
      return HecCode::kNoSuchPath;
    case 405:
      return HecCode::kNoSuchMethod;
    case 429:
    case 503:
    case 507:
      return HecCode::kBusy;
    default:
      return status >= 500 ? HecCode::kInternal : HecCode::kInvalidFormat;
  }
}

}  // namespace

Response hec_response(int status, HecCode code, std::string_view detail,
                      std::optional<std::size_t> event) {
  JsonWriter out;
  out.begin_object().key("text").text(hec_text(code));
  out.key("code").number(static_cast<std::uint64_t>(code));
  if (event) out.key("invalid-event-number").number(*event);
  if (!detail.empty()) out.key("detail").text(detail);
  return respond_json(status, out.end_object().take());
}

Response in_hec(const Request& request, Response response) {
  if (response.explanation.empty()) return response;
  const int status = status_of_hec(response.status);
  const HecCode code = hec_code(request, response.status);
  if (code == HecCode::kQueryToken)
    response.explanation = "send it in the header Authorization; who sees this URL has it now";
  Response out = hec_response(status, code, response.explanation);
  for (auto& header : response.headers)
    if (header.first != "content-type") out.headers.push_back(std::move(header));
  return out;
}

}  // namespace varve::api
