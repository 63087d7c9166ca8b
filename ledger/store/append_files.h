// What was appended before? The files of appends/: which there are, and how they follow the sealed
// segments. Derived: a start that misses one, or finds that one rotted, makes all of them again
// from the segments.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/append_file.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/derived_file.h"
#include "ledger/store/leaf_groups.h"
#include "ledger/store/segment_facts.h"

namespace varve::store {

inline constexpr const char* kAppendsFolder = "appends";

/// Segments are not taken together beyond so many leaves: one file of about 2 GiB when every second
/// leaf is a request of one event.
inline constexpr std::uint64_t kAppendLeavesMax = 1u << 27;

/// Where the key of a segment is, as its token says now.
enum class KeyIs : std::uint8_t {
  kThere,
  kGone,
  kUnknown,     // of this segment nobody can say
  kUnanswered,  // the token does not answer, nor would it for another
};
/// Errors: kIo  trouble with the disk.
using AskForKey = std::function<Result<KeyIs>(std::uint64_t ordinal)>;

/// The segments that have remains, by the names of these.
class SegmentsWithRemains {
 public:
  /// Errors: kIo.
  static Result<SegmentsWithRemains> read(const env::Filesystem& files);
  [[nodiscard]] bool contains(std::uint64_t ordinal) const;
  [[nodiscard]] std::vector<std::uint64_t> in(const LeafGroup& group) const;

 private:
  std::set<std::string> names_;
};

/// A segment's entries in the order of a file. One that was read by its remains has no requests.
std::vector<AppendEntry> entries_of(const SegmentFacts& facts);

// Which requests a file has, of a segment that it covers:
//
//   left out   remains   key       then
//   no         none      -         nothing to do
//   no         there     there     nothing yet: the destruction was not finished; asked again at
//                                  the next start, as a token may be slow and segments many
//   no         there     unknown   likewise
//   no         there     no answer nothing yet: asked again at the next update
//   no         there     gone      update() writes the file without them
//   yes        there     -         nothing to do
//   yes        none      there     load() refuses it: made again from the segment, with them
//   yes        none      gone      nothing to do: what is lost is not in this folder
//   yes        none      unknown   nothing yet: asked again at the next start

/// Thread: find() from any, beside all else.
class AppendFiles final : public DerivedFile {
 public:
  /// `hashes` of the tree. Segments are taken together while that leaves `reserve_bytes` free.
  AppendFiles(env::Filesystem& files, const merkle::HashReader& hashes, AskForKey ask_for_key,
              std::uint64_t reserve_bytes)
      : files_(files),
        hashes_(hashes),
        ask_for_key_(std::move(ask_for_key)),
        reserve_bytes_(reserve_bytes),
        searched_(std::make_shared<const Files>()) {}

  /// Opens the files of all segments that the catalogue knows and removes the others. Cost: one
  /// read a file, and a root of the tree.
  Result<void> load(const Catalogue& catalogue) override;
  /// The segment's own file, which is searched from then on.
  Result<void> add(const SegmentFacts& facts, const Hash& root) override;
  /// Takes files together, and makes those again whose segments were disposed of. One that rotted
  /// goes on being searched. Cost: reads what it writes; nothing is held in memory.
  Result<void> update(const Catalogue& catalogue) override;

  /// Cost: about three reads a file; a log of 2,388 segments has six.
  /// Errors: kNotFound  it was not appended, or its segment was not added yet.  kCorrupt  a block
  ///         that may hold it rotted, so nobody knows.  kIo.
  [[nodiscard]] Result<AppendRow> find(const AppendKey& key) const;

 private:
  using Files = std::vector<std::shared_ptr<const AppendFile>>;  // in the order of their segments
  using Ordinals = std::vector<std::uint64_t>;

  Result<void> read_ends(const Catalogue& catalogue) REQUIRES(update_mutex_);
  Result<void> cover(const LeafGroup& group, Files& covered) const REQUIRES(update_mutex_);
  [[nodiscard]] Result<void> is_of_this_log(const AppendFile& file) const REQUIRES(update_mutex_);
  Result<void> has_all_requests(const AppendFile& file, const SegmentsWithRemains& remains) const;
  Result<Ordinals> to_forget(const Files& parts, const Ordinals& with_remains)
      REQUIRES(update_mutex_);
  Result<void> settle(const LeafGroup& group, const SegmentsWithRemains& remains)
      REQUIRES(update_mutex_);
  Result<void> settle_parts(const LeafGroup& group, const SegmentsWithRemains& remains,
                            Result<void> outcome) REQUIRES(update_mutex_);
  [[nodiscard]] Result<bool> has_room_for(const Files& parts) const;
  [[nodiscard]] Files parts_in(const LeafGroup& group) const;
  Result<void> make(const LeafGroup& group, const Files& parts, const Ordinals& forgotten)
      REQUIRES(update_mutex_);
  Result<void> write(const LeafGroup& group, const Files& parts, const Ordinals& forgotten)
      REQUIRES(update_mutex_);
  void replace(const LeafGroup& group, std::shared_ptr<const AppendFile> by);
  [[nodiscard]] std::shared_ptr<const Files> searched() const;

  env::Filesystem& files_;
  const merkle::HashReader& hashes_;
  const AskForKey ask_for_key_;
  const std::uint64_t reserve_bytes_;
  Mutex update_mutex_;  // held during load() and update()
  // Of the segments that the catalogue knows.
  std::vector<LeafIndex> ends_ GUARDED_BY(update_mutex_);
  // Groups that cannot be made in this life.
  std::set<std::string> rotten_ GUARDED_BY(update_mutex_);
  // Segments whose requests stay in this life.
  std::set<std::uint64_t> kept_ GUARDED_BY(update_mutex_);
  mutable Mutex mutex_;
  std::shared_ptr<const Files> searched_ GUARDED_BY(mutex_);
};

}  // namespace varve::store
