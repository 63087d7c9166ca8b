// The logs that a witness cosigns: the list format of the public witness network, version logs/v0, and one more
// line for a log of Varve. docs/format/witness.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/note.h"

namespace varve::format {

inline constexpr std::size_t kLogListMax = 64u << 20;  // bytes
inline constexpr std::size_t kListedLogsMax = 100'000;
inline constexpr std::size_t kListedKeysMax = 16;         // of one log
inline constexpr std::uint64_t kRequestsPerDay = 86'400;  // where the list does not say

struct ListedLog {
  std::vector<VerifierKey> keys;  // at least one; any of them signs
  std::uint64_t requests_per_day = kRequestsPerDay;
  /// Of a log of Varve: where its key events are. It has one key, the first one it ever had.
  std::string url;
};

using LogList = std::map<std::string, ListedLog, std::less<>>;  // by origin

/// Errors: kInvalid  says the line and what to do.
Result<LogList> parse_log_list(std::string_view text);

}  // namespace varve::format
