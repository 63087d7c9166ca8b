// R6 and R29 of a store at rest: what time sources stamped, and people approved, are trees of this log.
#pragma once

#include <optional>
#include <span>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/merkle/checked.h"
#include "ledger/rules/stamp.h"

namespace varve::upkeep {

/// The first of `stated` that is not a tree of the log whose newest is `tree`, or nothing. The hash files
/// are held against `tree`, which the records made.
/// Errors: kNotFound  there are no hash files.  kCorrupt  they do not lead to the root.  kIo.
Result<std::optional<rules::StatedTree>> first_of_another_tree(
    std::span<const rules::StatedTree> stated, const env::Filesystem& files,
    const merkle::SignedTree& tree);

}  // namespace varve::upkeep
