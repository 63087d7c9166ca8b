// The catalogue: LMDB tables with a few rows for each sealed segment. Written once per sealed
// segment, in one synced transaction, so it is always exactly as of a segment's end; what the open
// segment adds lives in SegmentFacts (docs/decisions/0003). What there is many of, batches and
// requests, is in files of its own (append_files.h). Derived: delete it and it is made again.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/segment_facts.h"

struct MDB_env;

namespace varve::store {

/// How far the catalogue and the hash files reach: the end of the last sealed segment.
struct CataloguePosition {
  std::uint64_t next_ordinal = 0;
  TreeSize size;
  Hash root;   // of the log at that size
  Hash chain;  // chain value at that segment's end
  auto operator<=>(const CataloguePosition&) const = default;
};

inline constexpr unsigned kCatalogueTables = 4;
/// Of each table its rows, by their keys.
using CatalogueRows = std::array<std::map<Buffer, Buffer>, kCatalogueTables>;

struct CheckpointPlace {
  TreeSize size;
  std::uint64_t ordinal = 0;
  ByteOffset at;
};

/// Thread: lookups from any thread; record_segment from one at a time.
/// Errors of all: kIo  LMDB failed (the message has its words).
class Catalogue {
 public:
  /// Makes it when it does not exist. Walks over all of it (ledger/store/lmdb_file.h).
  /// Errors: kCorrupt  not a catalogue of this format, or LMDB could not read all of it.
  static Result<std::unique_ptr<Catalogue>> open(env::Filesystem& files);
  /// For lookups alone: changes nothing, makes no file, and takes no lock of LMDB's, so that it works
  /// on a read-only file system. Requires that nobody writes it meanwhile. Errors: as open().
  static Result<std::unique_ptr<Catalogue>> open_to_read(const env::Filesystem& files);
  /// Deletes its files. Requires that nobody has it open.
  static Result<void> destroy(env::Filesystem& files);
  ~Catalogue();
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  /// `state` is the ledger's state at that position, opaque here. Durable when it returns.
  Result<void> record_segment(const SegmentFacts& facts, const CataloguePosition& position,
                              Bytes state);

  /// All zeros when nothing was recorded yet.
  [[nodiscard]] Result<CataloguePosition> position() const;
  [[nodiscard]] Result<Buffer> state() const;

  // Lookups. Errors: kNotFound  no such row.  kCorrupt  the row rotted.
  [[nodiscard]] Result<SegmentRow> segment_of(LeafIndex i) const;
  [[nodiscard]] Result<SegmentRow> segment(std::uint64_t ordinal) const;
  /// The last checkpoint of the first segment that has one of at least that size: the segment's
  /// footer says where its others are.
  [[nodiscard]] Result<CheckpointPlace> checkpoint_at(TreeSize size) const;
  [[nodiscard]] Result<CheckpointPlace> last_checkpoint() const;
  /// All that is stored, as it is stored (catalogue_rows.h). Memory: a few hundred bytes a segment.
  [[nodiscard]] Result<CatalogueRows> rows() const;

  struct Tables;  // handles

 private:
  Catalogue(MDB_env* environment, std::unique_ptr<Tables> tables);
  [[nodiscard]] Result<Buffer> get(unsigned table, Bytes key) const;
  int put_all(const CatalogueRows& rows);
  Result<void> grow_map();

  mutable FairMutex map_mutex_;  // held shared by each transaction: the map stays where it is
  MDB_env* const env_ GUARDED_BY(map_mutex_);
  std::unique_ptr<Tables> tables_;
};

}  // namespace varve::store
