// The end of a segment: what turns it from "open, known in memory" into "sealed, in the catalogue".
// Used when the committer seals a full segment and when recovery seals what a crash left behind.
#pragma once

#include "ledger/base/result.h"
#include "ledger/merkle/tree.h"
#include "ledger/state/ledger_state.h"
#include "ledger/state/storage.h"

namespace varve::state {

/// The footer of the open segment as its facts and the tree stand.
store::SegmentFooter make_footer(const Storage& storage, const merkle::Frontier& tree,
                                 ByteOffset valid_end, const Hash& chain);

/// Counts a sealed segment whose file could not be made immutable, and says so the first time.
void note_sealed(Storage& storage, const Environment& environment, bool immutable);

/// What the catalogue has to be told of a segment, beyond its facts in the storage.
struct Closed {
  store::CataloguePosition position;
  Buffer state;
};

/// Requires that the segment's file has its footer, and that the one closed before was recorded.
Closed close_segment(Storage& storage, const LedgerState& state, const merkle::Frontier& tree,
                     const Hash& chain);

/// Writes and syncs; the log may go on meanwhile, on another thread. In this order, so that the
/// catalogue never says more than is durable: fdatasync of the hash files, one LMDB transaction.
Result<void> catalogue_closed(Storage& storage, const Closed& closed);

}  // namespace varve::state
