// Repair: a sealed segment that is damaged or gone, or what remains of one, is replaced from a copy of the
// store. The copy is not believed: the store with the copy's file in place has to pass the audit where it
// failed before, so the file's bytes hash to what was signed and continue into what follows them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/upkeep/audit.h"
#include "ledger/upkeep/keys_of_month.h"

namespace varve::upkeep {

struct RepairReport {
  std::vector<std::string> replaced;  // "segments/00000003.seg", "remains/00000003"
  std::vector<std::string> kept;   // of each, what it was: path + ".damaged", or ".damaged.2" and
                                   // so on when a repair before left one; empty: it was missing.
                                   // Of remains "segments/remains-00000003.damaged"
  std::vector<StoreFinding> left;  // what the audit still finds; empty: intact
  std::optional<Error> mark_unknown;  // why the high-water mark says nothing of this log, if so
  std::optional<Error>
      unfinished;  // what ended the repair behind the last of `replaced`; `left` says nothing then
};

/// A file of the copy, "segments/00000003.seg" or "remains/00000003". Errors: kNotFound  it has none.  kIo, kBusy.
using OpenInCopy = std::function<Result<std::unique_ptr<env::File>>(const std::string& path)>;

/// Replaces each segment that the audit names, first to last, until none is named or the copy has
/// none that fits. A segment of which only remains can be read is none when a token has a key of
/// its month, because the right one can be decrypted then. Remains give way to those of the copy, or
/// else, where the log's records dispose of nothing in them, to the segment's file. Each replacement is atomic: beside,
/// synced, renamed. A segment that is immutable is not replaced; nothing in this program takes that
/// flag away.
/// Cost:   an audit of the store, and one more for each segment that is replaced.
/// Errors: kWorm  a server has the store open.  kCorrupt  the copy does not hold the bytes that are
///         needed: says why.  kNotFound  the copy has no such segment.  kBusy, kFull, kIo.
///         Nothing was replaced then: an error behind the first replacement is in the report.
Result<RepairReport> repair_store(const LogOptions& options, const Environment& environment,
                                  const OpenInCopy& copy, const KeysOfMonth& keys);

}  // namespace varve::upkeep
