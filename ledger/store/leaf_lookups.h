// Which leaf has this hash? The files of leaves/: which there are, which are searched, and how they
// follow the sealed segments. Derived: each is made from the hash files by itself, never from
// another file of leaves/, so what is lost or rots in one stays there.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/catalogue.h"
#include "ledger/store/derived_file.h"
#include "ledger/store/hash_files.h"
#include "ledger/store/leaf_groups.h"

namespace varve::store {

inline constexpr const char* kLeavesFolder = "leaves";
/// "leaves/40-43"
std::string leaf_lookup_path(const LeafGroup& group);

/// Thread: any.
class LeafLookups final : public DerivedFile {
 public:
  /// Segments are taken together while that leaves `reserve_bytes` free.
  LeafLookups(env::Filesystem& files, const HashFiles& hashes, std::uint64_t reserve_bytes);

  /// Makes the files of all segments that the catalogue knows, searches those from then on, and
  /// removes whatever else is in the folder. Files that cannot be made leave those of their parts,
  /// or what was searched before. Memory: 8 bytes a leaf of the largest file.
  Result<void> update(const Catalogue& catalogue) override;

  /// The records below are found by find(). Never less than before.
  [[nodiscard]] TreeSize end() const;
  /// The leaf with that hash, if it is below end() and `published`.
  /// Cost: one file opened for each group, a few reads of 4 KiB in each.
  /// Errors: kCorrupt  a file is missing, cut short or rotten, so nobody knows.  kIo.
  [[nodiscard]] Result<std::optional<LeafIndex>> find(const Hash& leaf, TreeSize published) const;

 private:
  using Groups = std::vector<LeafGroup>;

  Result<void> read_ends(const Catalogue& catalogue) REQUIRES(update_mutex_);
  Result<void> cover(const LeafGroup& group, Groups& covered, Result<void>& outcome)
      REQUIRES(update_mutex_);
  Result<bool> is_there_or_made(const LeafGroup& group, Result<void>& outcome)
      REQUIRES(update_mutex_);
  [[nodiscard]] Result<bool> is_there(const LeafGroup& group) const;
  [[nodiscard]] Result<bool> has_room_for(const LeafGroup& group) const;
  Result<void> make(const LeafGroup& group);
  Result<void> remove_all_but(const Groups& groups);
  [[nodiscard]] std::shared_ptr<const Groups> searched() const;
  [[nodiscard]] Result<std::optional<LeafIndex>> find_in(const LeafGroup& group, const Hash& leaf,
                                                         TreeSize published) const;

  env::Filesystem& files_;
  const HashFiles& hashes_;
  const std::uint64_t reserve_bytes_;
  Mutex update_mutex_;  // held during an update
  // Of the segments that the catalogue knows.
  std::vector<LeafIndex> ends_ GUARDED_BY(update_mutex_);
  // Groups that cannot be made in this life.
  std::set<std::string> rotten_ GUARDED_BY(update_mutex_);
  mutable Mutex mutex_;
  std::shared_ptr<const Groups> searched_ GUARDED_BY(mutex_);
};

}  // namespace varve::store
