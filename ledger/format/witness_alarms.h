// What witnesses said against a log: kept in a file of its own beside the log's directory until a person has
// looked, whatever the same witness says later. docs/format/cosignature.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/cosignature.h"

namespace varve::format {

/// The first word of a witness that contradicts the log.
struct WitnessAlarm {
  CosignerKey key;
  std::uint64_t time_s = 0;  // since 1970, by the server's clock
  std::string what;          // one line
  bool operator==(const WitnessAlarm&) const = default;
};

inline constexpr std::size_t kWitnessAlarmsMax = 1u << 20;  // bytes

std::string alarms_text(const std::vector<WitnessAlarm>& alarms);
/// Errors: kInvalid  says which line.
Result<std::vector<WitnessAlarm>> parse_alarms(std::string_view text);

}  // namespace varve::format
