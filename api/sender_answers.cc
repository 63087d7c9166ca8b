// Bodies and statuses.
#include "api/sender_answers.h"

#include "api/common/json.h"

namespace varve::api {
namespace {

Response with_body(Response refusal, int status, std::string json) {
  Response out = respond_json(status, std::move(json));
  for (auto& header : refusal.headers)
    if (header.first != "content-type") out.headers.push_back(std::move(header));
  return out;
}

}  // namespace

Response in_mezmo(Response response) {
  if (response.explanation.empty()) return response;
  const bool passes = response.status == 429 || response.status == 507;
  JsonWriter out;
  out.begin_object().key("status").text("error").key("error").text(response.explanation);
  return with_body(std::move(response), passes ? 503 : response.status, out.end_object().take());
}

Response in_otlp(Response response) {
  if (response.explanation.empty()) return response;
  const int status = response.status == 507 ? 503 : response.status;
  for (auto& [name, value] : response.headers)
    if (name == "retry-after") value = "1";
  JsonWriter out;
  out.begin_object().key("message").text(response.explanation);
  return with_body(std::move(response), status, out.end_object().take());
}

}  // namespace varve::api
