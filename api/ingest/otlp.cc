// The list of a request, and which of its elements a record holds.
#include "api/ingest/otlp.h"

#include <simdjson.h>

#include <algorithm>

#include "api/ingest/json_checker.h"
#include "api/ingest/json_list.h"
#include "api/ingest/payload_size.h"

namespace varve::api {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kResourceLogsMax = payload_max(kOtlpMediaType);

// Of a ResourceLogs, which is well-formed; as many as are where they should be.
std::uint64_t count_records(ondemand::parser& parser, std::string_view logs) {
  ondemand::document document;
  ondemand::array scopes;
  if (parser.iterate(logs.data(), logs.size(), logs.size() + kJsonPadding).get(document) !=
          simdjson::SUCCESS ||
      document.find_field_unordered("scopeLogs").get_array().get(scopes) != simdjson::SUCCESS)
    return 0;
  std::uint64_t count = 0;
  for (auto scope : scopes) {
    ondemand::array records;
    std::size_t in_scope = 0;
    if (scope.find_field_unordered("logRecords").get_array().get(records) == simdjson::SUCCESS &&
        records.count_elements().get(in_scope) == simdjson::SUCCESS)
      count += in_scope;
  }
  return count;
}

}  // namespace

Result<OtlpRequest> parse_otlp_json(Buffer& body) {
  ASSIGN_OR_RETURN(auto list, parse_json_list(body, {"resourceLogs"}));
  OtlpRequest out;
  const std::size_t size = body.size();
  body.resize(size + kJsonPadding);  // it has been as large already: nothing moves
  ondemand::parser parser;
  for (const std::string_view logs : list) {
    if (logs.size() <= kResourceLogsMax) {
      out.resource_logs.push_back(logs);
      continue;
    }
    ++out.too_large;
    out.rejected_records += std::max<std::uint64_t>(count_records(parser, logs), 1);
  }
  body.resize(size);
  return out;
}

}  // namespace varve::api
