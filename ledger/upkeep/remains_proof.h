// Whether remains may take the place of a segment's file. A key goes, and a file goes, only behind this proof.
#pragma once

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/merkle/checked.h"
#include "ledger/state/remains_check.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_format.h"

namespace varve::upkeep {

/// The tree that remains have to be of: the newest that is signed.
struct TreeOfRemains {
  merkle::SignedTree newest;
  const merkle::HashReader& hashes;
};

/// Reads the segment's remains as everybody will who comes behind the file's end, and replays them:
///
///   - they are of format 2, of this segment, and say of its disposal what the log says (`by`);
///   - outline and entries continue each other, as the chain of the file that is there;
///   - what goes is there as its hash, whole batches of it, and what is kept is there whole;
///   - all this leads to the signed root.
///
/// Then no other remains would do. Requires that the segment has its file.
/// Between frames it asks `goes_on`.
/// Errors: kCorrupt  what is wrong with the remains, or with the hash files.  kNotFound  there are none, or
///         a record in them is newer than this program.  kIo, and what `goes_on` returns.
Result<void> prove_remains(const env::Filesystem& files, const store::SegmentHeader& header,
                           const state::DisposedOf& by, const TreeOfRemains& tree,
                           const store::GoesOn& goes_on);

}  // namespace varve::upkeep
