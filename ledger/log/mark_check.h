// Whether a store is at least what its high-water marks say it once was. Used at recovery, before
// anything is changed, and by the audit.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/merkle/tree.h"

namespace varve::log {

/// Whether a store may end before its marks: the one of a log that has ended, because the rest is lost.
enum class Ends : std::uint8_t { kAtItsMarks, kWhereItEnds };

/// Returns what contradicts a mark of the log `origin`, with what was found and what was expected,
/// also that one is of another log; nothing when the store satisfies all. `covered` is the size of
/// the store's newest checkpoint; `hashes` hold the tree up to it.
/// Errors: as HighWaterMark::read, and as `hashes` gives them.
Result<std::optional<std::string>> contradicts_marks(const env::HighWaterMark& marks,
                                                     const std::string& origin, TreeSize covered,
                                                     const merkle::HashReader& hashes, Ends ends);

}  // namespace varve::log
