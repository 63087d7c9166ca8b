// A stretch of time as a search of FHIR names it: "2026-03" is a month, "ge2026-03-01" all from that day on.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ledger/base/result.h"

namespace varve::query {

/// In microseconds since 1970 UTC.
struct Period {
  std::optional<std::uint64_t> from_us;   // not before
  std::optional<std::uint64_t> until_us;  // before
};

/// A year, month, day, minute, second or part of one is as long as it is written. A time without a zone is UTC.
/// What is before 1970 or behind 2199 is empty: no event's time is there.
/// Prefixes: eq (as without one), ge, gt, sa, le, lt, eb.
/// Errors: kInvalid  another prefix, or no such date. The value is not in the message.
/// Source: FHIR R4, "search", date
Result<Period> fhir_period(std::string_view value);

/// What is in both.
Period common_part(const Period& a, const Period& b);

}  // namespace varve::query
