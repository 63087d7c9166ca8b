// Reads records and checkpoints back out of segments, open or sealed. Never waits for an append.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/read/recent_leaves.h"
#include "ledger/rules/key_history.h"
#include "ledger/state/storage.h"
#include "ledger/store/remains.h"
#include "ledger/store/segment_format.h"

namespace varve::read {

/// Thread: any. Keeps the last few segments and decoded frames, so that reading in order decodes
/// each frame once.
class Reader {
 public:
  explicit Reader(state::Storage& storage) : storage_(storage), recent_leaves_(*storage.hashes) {}

  /// See Log::records. Requires first < published size. What is missing of a record that a
  /// checkpoint covers is kCorrupt, and a key that no token has kIo: "not found" would say that
  /// there is no such record. Only what a token settles (store::is_gone) is remembered of its
  /// answers.
  Result<std::vector<Buffer>> records(LeafIndex first, std::uint64_t count);
  /// See Log::checkpoint_at. An older note comes from the disk: it is verified against `keys`, all
  /// that ever signed.
  Result<std::shared_ptr<const format::SignedCheckpoint>> checkpoint_at(
      TreeSize size, const rules::KeyHistory& keys);
  /// See Log::find_leaf; looks at leaves below `published`.
  Result<LeafIndex> find_leaf(const Hash& leaf, TreeSize published);
  /// The keys of these segments are gone: nothing that was read by them is kept.
  void forget(const std::set<std::uint64_t>& ordinals);

 private:
  struct Segment {
    std::uint64_t ordinal = 0;
    std::unique_ptr<env::File> file;
    store::SegmentHeader header;
    std::vector<store::FrameRef> frames;  // empty while the segment is open
    bool destroyed = false;               // its key: what is read are its remains
  };
  struct Found {
    state::FramePlace place;
    std::shared_ptr<const Segment> in;  // null: one that is not in the catalogue yet
  };
  struct Frame {
    state::FramePlace place;
    Buffer body;
    store::FrameBody parts;  // views into body
    bool of_remains = false;
  };

  Result<std::shared_ptr<const Segment>> segment(std::uint64_t ordinal, bool sealed);
  Result<std::shared_ptr<const Segment>> load_segment(std::uint64_t ordinal, bool sealed);
  void drop(std::uint64_t ordinal);
  Result<bool> is_destroyed(const store::SegmentHeader& header);
  [[nodiscard]] Result<void> check_remains(const store::RemainsHead& remains) const;
  Result<std::vector<Buffer>> find_records(LeafIndex first, std::uint64_t count);
  Result<Found> place_of(LeafIndex i);
  Result<std::shared_ptr<const Frame>> frame(const Found& found);
  Result<std::shared_ptr<const Frame>> load_frame(const Found& found);
  Error without_key(const Segment& in, Error why);
  Result<std::shared_ptr<const Frame>> load_remains(const state::FramePlace& place,
                                                    const store::SegmentHeader& header);
  Result<std::shared_ptr<const format::SignedCheckpoint>> read_checkpoint(
      const store::CheckpointPlace& place, const rules::KeyHistory& keys);

  state::Storage& storage_;
  RecentLeaves recent_leaves_;
  Mutex mutex_;
  // Newest first, short.
  std::list<std::shared_ptr<const Segment>> segments_ GUARDED_BY(mutex_);
  std::list<std::shared_ptr<const Frame>> frames_ GUARDED_BY(mutex_);
  std::set<std::uint64_t> forgotten_ GUARDED_BY(mutex_);  // segments whose keys are gone
};

}  // namespace varve::read
