// Recovery: from what is on disk to a log that may be appended to. Reads only the segments behind
// the catalogue's position (after a clean stop none, after a crash the open one), makes derived
// files again where they are missing or do not agree, seals the segment a crash left open, and
// refuses to go on when something that was acknowledged is damaged.
#pragma once

#include <memory>

#include "ledger/ledger.h"
#include "ledger/state/start.h"
#include "ledger/state/storage.h"

namespace varve::recovery {

struct Recovered {
  std::unique_ptr<state::Storage> storage;
  state::Start start;
};

/// Requires that the caller holds the log's lock.
/// Errors: kCorrupt  what is damaged, where, and what to do.  kInvalid  another origin or key.
///         kBusy, kNotFound, kIo  the token or the disk did not answer.
Result<Recovered> recover(const LogOptions& options, const Environment& environment);

}  // namespace varve::recovery
