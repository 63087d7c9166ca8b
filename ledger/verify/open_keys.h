// The key history as a server answers it, proven from the first key to today's.
#pragma once

#include <string_view>

#include "ledger/base/result.h"
#include "ledger/format/note.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/key_timeline.h"

namespace varve::verify {

/// The answer of GET /logs/NAME/keys, or a saved keys.json: the timeline, and the checkpoint under
/// which all its events were proven to be.
struct VerifiedKeys {
  rules::KeyTimeline timeline;
  format::SignedCheckpoint under;
};

/// Walks from `first` to today's keys: every event's signatures, its inclusion in the tree of the
/// checkpoint, the checkpoint by the keys of its time, and the lists that were given besides.
/// Errors: kInvalid  malformed.  kCorrupt  something does not verify.
Result<VerifiedKeys> open_keys(std::string_view json, const format::VerifierKey& first);

}  // namespace varve::verify
