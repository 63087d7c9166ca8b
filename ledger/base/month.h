// Months as the ledger counts them, in UTC: a number YYYYMM, and the text "2026-11".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve {

/// YYYYMM of a time in microseconds since 1970. Source: the proleptic Gregorian calendar, as POSIX
/// counts days.
std::uint32_t month_of(std::uint64_t time_us);
/// "2026-11-28T12:00:00Z"
std::string time_text(std::uint64_t time_us);
/// Whether a number is a month since 1970.
bool is_month(std::uint32_t month);
/// The first microsecond since 1970 that is after it. Requires is_month(month).
std::uint64_t end_of_month_us(std::uint32_t month);
/// "2026-11"
std::string month_text(std::uint32_t month);
/// Errors: kInvalid  another spelling, or no such month.
Result<std::uint32_t> parse_month(std::string_view text);

}  // namespace varve
