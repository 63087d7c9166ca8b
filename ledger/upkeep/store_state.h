// What all records of a store at rest add up to, read from its segments and verified against its
// checkpoints. Nothing derived is believed: the catalogue is a file that anybody may have replaced.
#pragma once

#include <cstdint>
#include <functional>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/secret.h"
#include "ledger/format/note.h"
#include "ledger/merkle/checked.h"
#include "ledger/state/ledger_state.h"
#include "ledger/store/segment_format.h"

namespace varve::upkeep {

/// Gives the data key of a segment. Errors: as store::unwrap_data_key.
using UnwrapDataKey = std::function<Result<env::SecretBytes>(const store::SegmentHeader&)>;

/// Segments done, and segments in all.
using SegmentProgress = std::function<void(std::uint64_t, std::uint64_t)>;

/// What they say, and the tree of all of them, which is signed.
struct StoreState {
  state::LedgerState records;
  merkle::SignedTree tree;
};

/// Time: decrypts and hashes everything once. Requires the store's lock. `first_key` is the log's
/// first key, and its name the log's origin.
/// Errors: kInvalid  the store is another log's.  kCorrupt  a segment is damaged or not sealed, or
///         records at the end have no checkpoint: says which, and what to do.
///         kNotFound  the log is newer than this program.  kIo, and what `unwrap` gives.
Result<StoreState> read_store_state(const env::Filesystem& files,
                                    const format::VerifierKey& first_key,
                                    const UnwrapDataKey& unwrap, const SegmentProgress& progress);

}  // namespace varve::upkeep
