// Re-reads one sealed segment of a log that goes on: every byte of the file, every record's place
// in the tree that was signed, every hash that is kept of them. Needs nothing that other segments
// hold, so that a scrub can stop after any segment and go on there days later.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ledger/rules/key_history.h"
#include "ledger/state/storage.h"
#include "ledger/upkeep/audit.h"

namespace varve::upkeep {

/// Told how many bytes were just read; returns false when the reading should stop.
using ScrubPace = std::function<bool(std::uint64_t bytes)>;

struct SegmentScrub {
  store::SegmentRow row;
  std::uint64_t bytes = 0;      // of the file
  std::uint64_t destroyed = 0;  // records of which only the hash is left, which is what was checked
  std::vector<StoreFinding> findings;  // where: the file, below the log's directory; empty: intact
};

/// Requires that `ordinal` is in the catalogue. Reads one frame at a time.
/// `vault` unwraps the data key, which is not kept.
/// Errors: kBusy, kIo  the token or the catalogue did not answer, a file could not be opened, it is
/// not signed yet, or it was stopped: nothing is said.
Result<SegmentScrub> scrub_segment(std::uint64_t ordinal, const state::Storage& storage,
                                   env::KeyVault& vault, const rules::KeyHistory& keys,
                                   const ScrubPace& pace);

}  // namespace varve::upkeep
