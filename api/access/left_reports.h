// What a report says of itself that an earlier run of the server left behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/ledger.h"

namespace varve::api {

/// From when on the report tells, in microseconds since 1970. Nothing: it is none of the log `origin`.
std::optional<std::uint64_t> first_us_of(const Report& report, const std::string& origin);
/// The requests that a record of reads tells of; of another, 0.
std::uint64_t requests_of(const Report& report);

}  // namespace varve::api
