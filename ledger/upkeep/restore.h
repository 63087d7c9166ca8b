// Restore: the store of a log built anew from a mirror of it (varve-audit mirror), so that the same
// log goes on. The mirror is not believed: its records have to make the tree of its checkpoint,
// which the log's keys signed. And it has to be the newest: to go on from an older one would sign a
// second history. What says so is the high-water mark, without which nothing is restored
// (docs/decisions/0009).
#pragma once

#include <map>

#include "ledger/ledger.h"
#include "ledger/upkeep/mirror_tombstones.h"

namespace varve::upkeep {

struct RestoreReport {
  TreeSize size;                                   // records
  bool is_draft = false;                           // by the policy in its records
  std::uint64_t segments = 0;                      // files they lie in now
  std::map<std::string, std::uint64_t> destroyed;  // events without their key, of each month that
                                                   // was named or disposed of
};

/// `mirror` is read in the layout of C2SP tlog-tiles: `checkpoint` and `tile/entries/...`.
/// Everything is verified before a byte is written. Of events that were destroyed before the mirror
/// was made it has tombstones: they become remains. What they say but the hashes is the mirror's
/// word, so each has to be a possible one (rules::TombstoneCheck), and of a month that the log's own
/// records dispose of, or else that was named and of which no token has a key. Of a month with tombstones no key
/// is made again: events behind them that the mirror still has become hashes too. Records are as they
/// were, segments are new ones: the frames, their data keys and the idempotency keys of requests were
/// the old store's. Months are those that the log's clock records say. Memory: a frame, and the kept
/// records between two that go. Cost: the mirror is read twice, the new store once.
/// Errors: kWorm     the store is not empty, or a server has it open.
///         kInvalid  no high-water mark of this log is kept; the first key is another; there are
///                   tombstones of a month that was neither disposed of nor named.
///         kCorrupt  the mirror does not verify, is older than the mark, or another history; a
///                   tombstone is not true. Nothing was written.
///         kNotFound  a file of the mirror is missing.
///         kBusy, kFull, kIo  the token or the disk. What was written by then has no checkpoint and
///                   cannot be started: delete it and repeat.
Result<RestoreReport> restore_store(const LogOptions& options, const Environment& environment,
                                    const env::Filesystem& mirror, const Disposals& disposals);

}  // namespace varve::upkeep
