// Two checkpoints from two people: one history, or two. Whoever has two of them shows it to anybody who has the
// log's keys, and needs nothing else. docs/format/contradiction.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/contradiction.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/verify_file.h"

namespace varve::verify {

/// The checkpoint in a file that somebody kept, verbatim: a checkpoint, a .tlog-proof, a receipt or a gap
/// certificate. Errors: kInvalid  it is none of them.
Result<std::string> checkpoint_in(std::string_view file);

/// Whether the trees of two verified checkpoints of one log, older.size <= newer.size, are of one history:
/// nothing, or what shows that they are not. `hashes` are of the newer tree; trees of one size need none.
/// Errors: kCorrupt  `hashes` are of another tree than the newer one.  Others as `hashes`.
Result<std::optional<format::Contradiction>> contradiction_of(const format::SignedCheckpoint& older,
                                                              const format::SignedCheckpoint& newer,
                                                              const merkle::HashReader& hashes);

struct ProvenContradiction {
  VerifiedCheckpoint older;
  VerifiedCheckpoint newer;
};

/// Both checkpoints are signed by keys that counted at their size, and the older tree is not the beginning of
/// the newer one. Errors: kInvalid  malformed, or of another log.  kCorrupt  it shows no such thing.
///         kNotFound  as or_unknown_key.
Result<ProvenContradiction> verify_contradiction(std::string_view text, const Trust& trust);

}  // namespace varve::verify
