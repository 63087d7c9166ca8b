// OpenTelemetry's way in for logs: each ResourceLogs of a request is an event, and they are appended together,
// but for those that no record holds, which the answer counts.
#include "api/ingest/otlp.h"

#include <string>

#include "api/common/json.h"
#include "api/problem.h"
#include "api/routes/coded_body.h"
#include "api/routes/handlers.h"
#include "api/routes/read.h"
#include "api/routes/slices.h"

namespace varve::api {
namespace {

constexpr std::string_view kTooLargeText =
    "ResourceLogs are larger than a record holds: send fewer log records in a request";

Response otlp_success(std::uint64_t too_large, std::uint64_t rejected_records) {
  JsonWriter out;
  out.begin_object();
  if (too_large != 0) {
    out.key("partialSuccess").begin_object();
    out.key("rejectedLogRecords").text(std::to_string(rejected_records));
    out.key("errorMessage").text(std::to_string(too_large) + " " + std::string{kTooLargeText});
    out.end_object();
  }
  Response response = respond_json(200, out.end_object().take());
  set_private(response);
  return response;
}

void append_otlp(const SharedExchange& exchange, const Reply& reply) {
  auto request = parse_otlp_json(exchange->request.body);
  if (!request) return reply(refuse(request.error()));
  const std::uint64_t too_large = request->too_large;
  const std::uint64_t rejected = request->rejected_records;
  if (request->resource_logs.empty()) {
    if (too_large == 0) return reply(otlp_success(0, 0));
    return reply(refuse(ProblemId::kTooLarge, kTooLargeText));
  }
  const Slices slices{std::move(request->resource_logs), kOtlpMediaType, {}};
  append_slices(exchange, reply, slices, [too_large, rejected](const Result<LeafIndex>& last) {
    return last ? otlp_success(too_large, rejected) : refuse(last.error());
  });
}

}  // namespace

void post_otlp(const SharedExchange& exchange, const Reply& reply) {
  const MediaType type = parse_media_type(exchange->request.header("content-type"));
  if (type.essence != "application/json")
    return reply(refuse(ProblemId::kUnsupportedMediaType,
                        "logs are taken as application/json: choose OTLP over HTTP with JSON"));
  with_plain_body(exchange, reply, kOtlpBytesMax,
                  [exchange, reply] { append_otlp(exchange, reply); });
}

}  // namespace varve::api
