// Exit codes: one for each error code, so that a script knows what happened.
// docs/ERRORS.md has the table.
#pragma once

#include <string_view>
#include <vector>

#include "ledger/base/result.h"

namespace varve::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitGone = 18;        // intact, but events are gone under destroyed keys
inline constexpr int kExitKept = 19;        // intact, but a mirror keeps what its log disposed of
inline constexpr int kExitDidNotHold = 20;  // an assessment: something that was tried did not hold
inline constexpr int kExitNotTried = 21;    // an assessment: what was tried held, and not all was
inline constexpr int kExitLater = 22;       // a file is of a later format: no restart helps

/// 10 kInvalid, 11 kNotFound, 12 kWorm, 13 kCorrupt, 14 kIo, 15 kBusy, 16 kFull, 17 kOutOfOrder.
int exit_code(Code code);
/// The same, and 22 of a file of a later format (ledger/base/later_format.h).
int exit_code(const Error& error);

struct ExitStatus {
  int code;
  std::string_view meaning;
};

/// All that any command of any program ends with, by their numbers.
const std::vector<ExitStatus>& exit_statuses();

/// Prints "PROGRAM: message" to standard error and returns the exit code of the error.
int report(const char* program, const Error& error);
/// Each of them; returns the exit code of the first. Requires one at least.
int report(const char* program, const std::vector<Error>& errors);

}  // namespace varve::tools
