// Logs as OpenTelemetry's exporters send them, in JSON. One event is one ResourceLogs of the request: what it
// says once, of the service, holds for all of its log records.
//
//   {"resourceLogs":[{"resource":{...},"scopeLogs":[{"logRecords":[...]}]}, ...]}
//                    ^--------------------------------------------------^
//
// Source: opentelemetry-proto 1.5, collector/logs/v1; OTLP specification, "JSON Protobuf Encoding"
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/result.h"

namespace varve::api {

/// Of a record whose payload is such a slice.
inline constexpr std::string_view kOtlpMediaType =
    "application/vnd.opentelemetry.resource-logs+json";

struct OtlpRequest {
  std::vector<std::string_view> resource_logs;  // views into the body
  std::uint64_t too_large = 0;                  // how many of them no record holds: not in the list
  std::uint64_t rejected_records = 0;           // log records in these, at least one in each
};

/// `body` grows while it is read and has its size again afterwards. A request may be empty.
/// Errors: kInvalid  as parse_json_list.
Result<OtlpRequest> parse_otlp_json(Buffer& body);

}  // namespace varve::api
