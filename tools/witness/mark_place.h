// Where the witness's high-water mark is kept.
#pragma once

#include "ledger/base/result.h"
#include "tools/witness/config.h"

namespace varve::tools {

inline constexpr const char* kWitnessMarkName = "witness.mark";

/// Whether the configured place can be one: a directory that is there, which others may not write, apart from the data
/// wherever both really are. No place is configured: it is fine.
/// Errors: kNotFound, kInvalid, kIo.
Result<void> check_mark_place(const WitnessProgramConfig& config);

}  // namespace varve::tools
