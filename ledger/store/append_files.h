// What was appended before? The files of appends/: which there are, and how they follow the sealed
// segments. Derived: a start that misses one, or finds that one rotted, makes all of them again
// from the segments.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/append_file.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/leaf_groups.h"
#include "ledger/store/segment_facts.h"

namespace varve::store {

inline constexpr const char* kAppendsFolder = "appends";

/// Segments are not taken together beyond so many leaves: one file of about 2 GiB when every second
/// leaf is a request of one event.
inline constexpr std::uint64_t kAppendLeavesMax = 1u << 27;

/// The segments that have remains, by the names of these: their requests are forgotten with what
/// they brought.
class DisposedSegments {
 public:
  /// Errors: kIo.
  static Result<DisposedSegments> read(const env::Filesystem& files);
  [[nodiscard]] bool contains(std::uint64_t ordinal) const;
  [[nodiscard]] std::uint64_t count_in(const LeafGroup& group) const;

 private:
  std::set<std::string> names_;
};

/// A segment's entries in the order of a file; without its requests when it is `disposed`.
std::vector<AppendEntry> entries_of(const SegmentFacts& facts, bool disposed);

/// Thread: find() from any, beside all else; add() from one, beside update().
class AppendFiles {
 public:
  /// Segments are taken together while that leaves `reserve_bytes` free.
  AppendFiles(env::Filesystem& files, std::uint64_t reserve_bytes)
      : files_(files), reserve_bytes_(reserve_bytes), searched_(std::make_shared<const Files>()) {}

  /// For a start, first: opens the files of all segments that the catalogue knows and removes the
  /// others. Cost: one read a file. Errors: kCorrupt  one is missing or damaged.  kIo.
  Result<void> load(const Catalogue& catalogue);
  /// The file of a segment that was sealed, durable and searched when it returns.
  /// Errors: kFull, kIo.
  Result<void> add(const SegmentFacts& facts);
  /// Takes the files of segments that the catalogue knows together, and makes those again whose
  /// segments were disposed of. A crash at any call leaves whole files.
  /// Cost: reads what it writes; nothing is held in memory.
  /// Errors: kCorrupt  a file that was to be taken together with others rotted; it goes on being
  ///         searched.  kFull, kIo.
  Result<void> update(const Catalogue& catalogue);

  /// Cost: about three reads a file; a log of 2,388 segments has six.
  /// Errors: kNotFound  it was not appended, or its segment was not added yet.  kCorrupt  a block
  ///         that may hold it rotted, so nobody knows.  kIo.
  [[nodiscard]] Result<AppendRow> find(const AppendKey& key) const;

 private:
  using Files = std::vector<std::shared_ptr<const AppendFile>>;  // in the order of their segments

  Result<void> read_ends(const Catalogue& catalogue);
  Result<void> cover(const LeafGroup& group, Files& covered) const;
  Result<void> settle(const LeafGroup& group, const DisposedSegments& disposed);
  [[nodiscard]] Result<bool> has_room_for(const Files& parts) const;
  [[nodiscard]] Files parts_in(const LeafGroup& group) const;
  Result<void> make(const LeafGroup& group, const Files& parts, const DisposedSegments& disposed);
  Result<void> write(const LeafGroup& group, const Files& parts, const DisposedSegments& disposed);
  void replace(const LeafGroup& group, std::shared_ptr<const AppendFile> by);
  [[nodiscard]] std::shared_ptr<const Files> searched() const;

  env::Filesystem& files_;
  const std::uint64_t reserve_bytes_;
  std::mutex update_mutex_;      // held during load() and update()
  std::vector<LeafIndex> ends_;  // of the segments that the catalogue knows; under that mutex
  mutable std::mutex mutex_;
  std::shared_ptr<const Files> searched_;  // under that mutex
};

}  // namespace varve::store
