// The span whose data keys one key-encryption key wraps: a month, or in a draft log some minutes.
// Numbers of the two kinds overlap, so a number goes with its length wherever it names a key or a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"

namespace varve {

inline constexpr std::uint16_t kKeyPeriodMaxMinutes = 44'640;  // 31 days

/// Periods of one log compare by their number.
struct KeyPeriod {
  std::uint32_t number = 0;   // YYYYMM; in a draft log: minutes since 1970 UTC / its length
  std::uint16_t minutes = 0;  // its length in a draft log, 1 to kKeyPeriodMaxMinutes; 0: a month
  auto operator<=>(const KeyPeriod&) const = default;
};

/// That of a time in microseconds since 1970 UTC. Requires a time before the year 10000.
KeyPeriod key_period_of(std::uint64_t time_us, std::uint16_t minutes);
/// Whether such a period is there, since 1970 and before the year 10000.
bool is_key_period(KeyPeriod period);
/// The first microsecond since 1970 that is after it. Requires is_key_period(period).
std::uint64_t end_of_key_period_us(KeyPeriod period);

/// As people read it: "2026-11"; in a draft log its number, "29934123".
std::string key_period_text(KeyPeriod period);
/// As key_period_text spells it, of a log with periods of that length. Errors: kInvalid.
Result<KeyPeriod> parse_key_period(std::string_view text, std::uint16_t minutes);
/// In labels of keys and names of files: "2026-11"; in a draft log "p29934123".
std::string key_period_name(KeyPeriod period);
/// Whether `name` is one: of a draft log or of months. Errors: kInvalid.
Result<KeyPeriod> parse_key_period_name(std::string_view name, std::uint16_t minutes);

}  // namespace varve
