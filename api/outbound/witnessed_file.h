// The newest witnessed checkpoint of a log, kept in a file of its own beside the log's directory.
#pragma once

#include <optional>
#include <string>

#include "ledger/env/filesystem.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/format/witness_policy.h"
#include "ledger/ledger.h"

namespace varve::api {

/// What a server kept before it stopped.
struct KeptWitnessed {
  format::SignedCheckpoint checkpoint;  // its note: with the signatures that are of no witness
  format::Cosigners cosigners;
  std::string note;  // as it was kept
};

/// Reads the file `name` and holds it against the log: its signatures, its origin, and that its tree is a
/// beginning of today's. Nothing: there is no such file. Never changes it.
/// Errors: kCorrupt  the log is not the one that was witnessed, or has lost records since; or the file
///         was changed.  kInvalid  it is no checkpoint of this log.  kIo; others as Log.
Result<std::optional<KeptWitnessed>> read_witnessed(const env::Filesystem& files,
                                                    const std::string& name, const Log& log,
                                                    const format::WitnessPolicy& policy);

}  // namespace varve::api
