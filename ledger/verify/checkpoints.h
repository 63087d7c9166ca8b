// Checkpoints by themselves, verified with the keys that the log's key history gives for their
// size.
#pragma once

#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/key_timeline.h"

namespace varve::verify {

/// Verifies `note` with the keys of its own size.
/// Errors: as format::open_checkpoint; kCorrupt  only a key that was revoked for it signed it.
Result<format::SignedCheckpoint> open_checkpoint_of(std::string_view note,
                                                    const rules::KeyTimeline& keys);
/// The same for a checkpoint that the log has to extend, whoever got hold of its keys later:
/// signatures of keys that have been revoked since are taken too.
Result<format::SignedCheckpoint> open_older_checkpoint(std::string_view note,
                                                       const rules::KeyTimeline& keys);
/// `why` as it is, unless `note` was refused because only revoked keys signed it: says so then.
Error or_revoked(Error why, std::string_view note, const rules::KeyTimeline& keys);

}  // namespace varve::verify
