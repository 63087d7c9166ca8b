// Whether a store is at least what its high-water marks say it once was. Used at recovery, before
// anything is changed, and by the audit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/high_water_mark.h"
#include "ledger/merkle/tree.h"

namespace varve::recovery {

/// Whether a store may end before its marks: the one of a log that has ended, because the rest is
/// lost.
enum class Ends : std::uint8_t { kAtItsMarks, kWhereItEnds };

/// The marks of the log `origin`, of which there may be none.
/// Errors: kInvalid  one is of another log, so they say nothing of this one.  Others as
/// HighWaterMark::read.
Result<std::vector<env::Mark>> own_marks(const env::HighWaterMark& marks,
                                         const std::string& origin);

/// Returns what contradicts a mark, with what was found and what was expected; nothing when the
/// store satisfies all. `covered` is the size of the store's newest checkpoint; `hashes` hold the
/// tree up to it. Errors: as `hashes` gives them.
Result<std::optional<std::string>> contradicts(const std::vector<env::Mark>& marks,
                                               TreeSize covered, const merkle::HashReader& hashes,
                                               Ends ends);

}  // namespace varve::recovery
