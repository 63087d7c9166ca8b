// A group of appends on its way through the commit: what it owns, as one type for each stage. A
// step takes the value of one stage and returns that of the next, so nothing of a group is left
// behind and nothing exists twice. commit_table.h has the order; the I/O between the steps is the
// committer's.
//
//   WritingGroup ─► DurableGroup ─► SigningGroup ─► PendingGroup ─► PublishedGroup
//                                        └─► UnsignedGroup: the next DurableGroup takes it with it
//
// The steps check what they rely on; the numbers are those of the invariants in committer.h.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/log/commit_table.h"
#include "ledger/log/group.h"
#include "ledger/merkle/new_nodes.h"
#include "ledger/state/storage.h"

namespace varve::log {

/// What every group carries from stage to stage.
struct Cargo {
  std::vector<PendingReply>
      replies;  // due when its checkpoint is published, or when it never will be
  std::vector<state::MovedSource> moved;    // where sources are after its records, in their order
  std::shared_ptr<merkle::NewNodes> nodes;  // of its records in the tree; null: none is
  std::uint64_t size_bytes = 0;             // of its records
};

/// A frame of records in the file.
struct WrittenFrame {
  store::FrameRef frame;
  std::vector<store::Piece> body;
  std::vector<Hash> leaves;
};

/// Its last frames are in the file only. Those before them, if any, were synced ahead and are in
/// the tree.
struct WritingGroup {
  Cargo cargo;
  std::vector<WrittenFrame> frames;  // not in the tree yet; never empty
};

/// All of it is durable, was read back, and is in the tree.
struct DurableGroup {
  Cargo cargo;
  TreeSize size;   // of the tree up to its last record
  ByteOffset end;  // of its last frame in the open segment; 0: in an earlier segment
};

/// The token was asked to sign its checkpoint.
struct SigningGroup {
  Cargo cargo;
  std::uint64_t epoch = 0;  // of the request: see SignatureDesk
  format::Checkpoint checkpoint;
  ByteOffset end;
};

/// The token gave no signature. Whoever waited was told so; the records stay.
struct UnsignedGroup {
  std::vector<state::MovedSource> moved;
  TreeSize size;
  ByteOffset end;
};

/// Its checkpoint is in the file.
struct PendingGroup {
  Cargo cargo;
  std::shared_ptr<const format::SignedCheckpoint> checkpoint;
  ByteOffset end;  // of the checkpoint's frame
};

/// Its checkpoint is durable: what readers are to see, and whom to answer with what.
struct PublishedGroup {
  std::shared_ptr<const format::SignedCheckpoint> checkpoint;
  std::vector<state::MovedSource> moved;
  std::vector<PendingReply> replies;
};

using OlderGroup = std::variant<std::monostate, SigningGroup, PendingGroup, UnsignedGroup>;
using NewerGroup = std::variant<std::monostate, WritingGroup, DurableGroup>;

/// The state that the two are in: their types.
CommitState state_of(const OlderGroup& older, const NewerGroup& newer);
/// What the newer group carries; null when there is none.
const Cargo* cargo_of(const NewerGroup& newer);

/// Records that were written, and are not taken into the tree.
std::uint64_t records_written(const NewerGroup& group);

/// One more frame was written behind `before`, whatever that is.
WritingGroup write_behind(NewerGroup before, WrittenFrame frame, Cargo of_frame);

/// What was left unsigned before it becomes part of it.
DurableGroup adopt(UnsignedGroup older, DurableGroup newer);
/// It is to be signed once more, by itself.
DurableGroup retry(UnsignedGroup group);

/// What is known where a signature is asked for.
struct Signable {
  const merkle::Frontier& tree;
  TreeSize signed_size;    // of the newest published checkpoint
  ByteOffset durable_end;  // of the open segment; 0: none is open
};
/// Requires that its last frame is durable (I2), that the tree ends with its last record, which was
/// read back (I3), and that the tree has grown since the last signature (I4).
SigningGroup ask_for(DurableGroup group, const Signable& known, std::string origin,
                     std::uint64_t epoch);

/// The checkpoint's frame is in the file and ends at `end`. Requires that it is the one that was
/// asked for (I4).
PendingGroup sign(SigningGroup group, std::shared_ptr<const format::SignedCheckpoint> checkpoint,
                  ByteOffset end);

/// The token gave no signature. What of `newer` is durable becomes part of it; all who waited, for
/// either, are moved to `told`.
UnsignedGroup refuse(SigningGroup group, NewerGroup& newer, std::vector<PendingReply>& told);

/// Requires that its checkpoint is durable (I1), larger than the one that readers see (I4), and
/// covers whatever they are to see of its sources.
PublishedGroup publish(PendingGroup group, ByteOffset durable_end, TreeSize seen);

/// Repetitions of what is on its way are answered with the newest group: requires that there is
/// one, and that it covers them.
void wait_with(OlderGroup& older, NewerGroup& newer, std::vector<PendingReply> repetitions);
/// All who wait for either of the two, which are gone.
std::vector<PendingReply> take_replies(OlderGroup& older, NewerGroup& newer);

}  // namespace varve::log
