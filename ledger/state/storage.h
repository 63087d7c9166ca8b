// Everything a log keeps, as its readers and its one writer share it: hash files, catalogue, what
// is derived from sealed segments, data keys, the facts of the open segment and of the one closed
// last, and the newest checkpoint.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/ledger.h"
#include "ledger/state/sole_writer.h"
#include "ledger/store/append_files.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/checkpoint_places.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/derived_kinds.h"
#include "ledger/store/frame_body.h"
#include "ledger/store/hash_files.h"
#include "ledger/store/leaf_lookups.h"
#include "ledger/store/segment_facts.h"

namespace varve::state {

/// What a group commit adds to the facts of the open segment.
struct FrameFacts {
  store::FrameRef frame;
  LeafIndex end;
  std::vector<std::pair<store::AppendKey, store::AppendRow>> appends;

  void add(const store::BatchKey& key, LeafIndex first, std::uint32_t count, const Hash& root) {
    appends.emplace_back(store::append_key(key),
                         store::AppendRow{store::fingerprint_of(root), first, count});
  }
  void add(const std::vector<store::Request>& requests) {
    for (const store::Request& r : requests)
      appends.emplace_back(store::append_key(r.key),
                           store::AppendRow{store::fingerprint_of(r.content), r.first, r.count});
  }
};
/// Into the facts of its segment.
void add_to(store::SegmentFacts& facts, const FrameFacts& frame);

/// Where the records frame that holds a leaf lies.
struct FramePlace {
  std::uint64_t ordinal = 0;
  store::FrameRef frame;
};

/// Where a source stands once the log has `end` records.
struct MovedSource {
  TreeSize end;
  SourceId id;
  SourceState state;
};

/// Thread: reads from any thread, short locks only; the changing methods from one thread.
class Storage {
 public:
  Storage(env::Filesystem& files, std::unique_ptr<store::DataKeys> keys,
          std::unique_ptr<store::HashFiles> hashes, std::unique_ptr<store::Catalogue> catalogue,
          const store::DerivedContext& context);

  // --- the writer's
  /// `disposed`: it is read by its remains.
  void open_segment(const store::SegmentRow& row, bool disposed = false);
  void add_frame(const FrameFacts& facts);
  void add_checkpoint(const store::FrameRef& frame);
  /// The open segment was sealed: nothing is added to it any more. Requires that the one closed
  /// before was recorded.
  void close_segment();
  /// Where all sources stand when the log opens, how long it keeps what, who may do what, and how far
  /// it is indexed.
  void show(const std::map<SourceId, SourceState>& sources,
            std::shared_ptr<const rules::Retention> retention,
            std::shared_ptr<const rules::GrantsAt> grants, rules::Indexed indexed,
            rules::WitnessedSeen witnessed);
  /// Readers see the new checkpoint and what it changes, all at once.
  void publish(LedgerView view, std::vector<MovedSource> moved);
  /// Changed by the writer alone: who is the writer reads on without the lock.
  [[nodiscard]] const store::SegmentFacts& open_facts() const;

  // --- the recorder's: one thread, maybe another than the writer's
  /// Hands the closed segment's facts to the derived files and to the catalogue, synced, in this
  /// order: what the catalogue knows of is in a file. Then they are no longer in memory.
  Result<void> catalogue_closed(const store::CataloguePosition& position, Bytes state);
  /// The derived files of all that the catalogue knows, for a start. Errors: DerivedFile::load.
  Result<void> load_derived();
  /// Derived files follow the catalogue: each of them, whatever happens to another. What has no
  /// room yet is left undone. Errors: the first one of DerivedFile::update, but kFull and kBusy.
  Result<void> update_derived();
  /// The same while the log serves: what fails is said and tried again with the next segment, for
  /// the log goes on without it.
  void follow_with_derived(const Notice& notice);
  /// An update of derived files that takes long ends soon. Thread: any.
  void stop_derived();

  // --- anybody's
  [[nodiscard]] LedgerView view() const;
  [[nodiscard]] std::shared_ptr<const format::SignedCheckpoint> latest() const {
    return view().newest;
  }
  [[nodiscard]] Result<SourceState> source(SourceId id) const;
  /// As Log::sources.
  [[nodiscard]] std::vector<SourceState> sources(SourceId after, std::size_t most) const;
  /// Errors: kNotFound  it was not appended.  kCorrupt  what would say so rotted.  kIo.
  [[nodiscard]] Result<store::AppendRow> append(const store::AppendKey& key) const;
  /// The first checkpoint of at least that size.
  /// Errors: kNotFound  there is none.  kCorrupt  the catalogue or a footer rotted.  kIo.
  [[nodiscard]] Result<store::CheckpointPlace> checkpoint_at(TreeSize size) const;
  /// The place of leaf `i` when it is in a segment that is not in the catalogue yet.
  [[nodiscard]] std::optional<FramePlace> recent_place(LeafIndex i) const;

  SoleWriter writer;
  env::Filesystem& files;
  const std::unique_ptr<store::DataKeys> data_keys;
  const std::unique_ptr<store::HashFiles> hashes;
  const std::unique_ptr<store::Catalogue> catalogue;
  const std::vector<std::unique_ptr<store::DerivedFile>> derived;  // as keep_derived_files()
  const store::AppendFiles& appends;                               // of those
  const store::LeafLookups& lookups;                               // likewise
  std::atomic<std::uint64_t> mutable_segments = 0;                 // see LogStatus

 private:
  /// Changed by nobody until catalogue_closed() drops it: who calls that reads on without the lock.
  [[nodiscard]] const store::SegmentFacts& closed_facts() const;

  mutable SharedMutex mutex_;
  std::optional<store::SegmentFacts> open_ GUARDED_BY(mutex_);
  // Sealed, but not in the catalogue yet.
  std::optional<store::SegmentFacts> closed_ GUARDED_BY(mutex_);
  std::uint64_t recorded_ GUARDED_BY(mutex_) = 0;  // segments since start
  LedgerView view_ GUARDED_BY(mutex_);
  std::map<SourceId, SourceState> sources_ GUARDED_BY(mutex_);
  mutable store::CheckpointPlaces places_;
};

}  // namespace varve::state
