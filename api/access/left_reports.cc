// By the kind of the report.
#include "api/access/left_reports.h"

#include "ledger/format/access.h"

namespace varve::api {

std::optional<std::uint64_t> first_us_of(const Report& report, const std::string& origin) {
  const auto of_this = [&origin](const auto& parsed) { return parsed && parsed->origin == origin; };
  if (report.kind == format::Kind::kAccess) {
    const auto access = format::parse_access(report.text);
    return of_this(access) ? std::optional(access->first_us) : std::nullopt;
  }
  if (report.kind == format::Kind::kRefusal) {
    const auto refusals = format::parse_refusals(report.text);
    return of_this(refusals) ? std::optional(refusals->first_us) : std::nullopt;
  }
  const auto loss = format::parse_loss(report.text);
  return of_this(loss) ? std::optional(loss->since_us) : std::nullopt;
}

std::uint64_t requests_of(const Report& report) {
  std::uint64_t requests = 0;
  if (const auto access = format::parse_access(report.text))
    for (const format::Reading& reading : access->readings) requests += reading.requests;
  return requests;
}

}  // namespace varve::api
