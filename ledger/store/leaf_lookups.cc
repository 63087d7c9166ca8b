// Following the segments, and searching.
#include "ledger/store/leaf_lookups.h"

#include <set>
#include <utility>

#include "ledger/env/durable.h"
#include "ledger/store/leaf_lookup.h"

namespace varve::store {
namespace {

// A file of so many is made to its end also when the log stops: 8 MiB.
constexpr std::uint64_t kLeavesWhileStopping = (8u << 20) / kLeafEntrySize;

/// Nobody knows what it would have led to.
Error is_rotten(const std::string& path, LeafIndex i) {
  return corrupt(path + " and " + hash_file_path(0) + " disagree about record " +
                 std::to_string(i.value) + ": stop the server, varved audit names the damaged one");
}

}  // namespace

std::string leaf_lookup_path(const LeafGroup& group) {
  return std::string(kLeavesFolder) + "/" + leaf_group_name(group);
}

LeafLookups::LeafLookups(env::Filesystem& files, const HashFiles& hashes,
                         std::uint64_t reserve_bytes)
    : files_(files),
      hashes_(hashes),
      reserve_bytes_(reserve_bytes),
      searched_(std::make_shared<const Groups>()) {}

Result<void> LeafLookups::update(const Catalogue& catalogue) {
  const MutexLock lock(update_mutex_);
  RETURN_IF_ERROR(read_ends(catalogue));
  RETURN_IF_ERROR(files_.make_directory(kLeavesFolder));
  auto covered = std::make_shared<Groups>();
  Result<void> outcome;
  for (const LeafGroup& group : leaf_groups(ends_))
    RETURN_IF_ERROR(cover(group, *covered, outcome));
  {
    const MutexLock searching(mutex_);
    searched_ = covered;
  }
  RETURN_IF_ERROR(remove_all_but(*covered));
  return outcome;
}

Result<void> LeafLookups::read_ends(const Catalogue& catalogue) {
  ASSIGN_OR_RETURN(const CataloguePosition position, catalogue.position());
  while (ends_.size() < position.next_ordinal) {
    ASSIGN_OR_RETURN(const SegmentRow row, catalogue.segment(ends_.size()));
    ends_.push_back(row.end);
  }
  return {};
}

/// By its own file, or while there is no room for that, or its leaves cannot be read, by those of
/// its parts: then the first reason is in `outcome`.
Result<void> LeafLookups::cover(const LeafGroup& group, Groups& covered, Result<void>& outcome) {
  ASSIGN_OR_RETURN(const bool there, is_there_or_made(group, outcome));
  if (there) {
    covered.push_back(group);
    return {};
  }
  for (const LeafGroup& part : parts_of(group, ends_))
    RETURN_IF_ERROR(cover(part, covered, outcome));
  return {};
}

/// Returns false of several segments only.
Result<bool> LeafLookups::is_there_or_made(const LeafGroup& group, Result<void>& outcome) {
  ASSIGN_OR_RETURN(const bool there, is_there(group));
  if (there) return true;
  if (rotten_.contains(leaf_group_name(group))) return false;
  ASSIGN_OR_RETURN(const bool room, has_room_for(group));
  if (!room) return false;
  auto made = make(group);
  if (made) return true;
  if (made.error().code != Code::kCorrupt || group.segments == 1) return std::move(made).error();
  rotten_.insert(leaf_group_name(group));
  if (outcome) outcome = std::move(made);
  return false;
}

/// One that was cut short would not find a leaf.
Result<bool> LeafLookups::is_there(const LeafGroup& group) const {
  const auto file = files_.open_read(leaf_lookup_path(group));
  if (!file && file.error().code == Code::kNotFound) return false;
  if (!file) return file.error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  return size.value == group.leaves * kLeafEntrySize;
}

/// A single segment's file is made in any case: without it none of its leaves is found.
Result<bool> LeafLookups::has_room_for(const LeafGroup& group) const {
  if (group.segments == 1) return true;
  ASSIGN_OR_RETURN(const std::uint64_t free, files_.free_bytes());
  return free >= reserve_bytes_ + group.leaves * kLeafEntrySize;
}

Result<void> LeafLookups::make(const LeafGroup& group) {
  const ReadLeaves read = [&](LeafIndex first, std::uint64_t count) -> Result<Buffer> {
    if (is_stopping() && first.value - group.first.value > kLeavesWhileStopping)
      return busy("the log is stopping");
    return hashes_.leaves(first, count);
  };
  ASSIGN_OR_RETURN(const LeafLookup lookup, LeafLookup::of(read, group.first, group.leaves));
  if (is_stopping() && group.leaves > kLeavesWhileStopping) return busy("the log is stopping");
  return env::write_durably(files_, leaf_lookup_path(group), lookup.bytes());
}

/// Parts of what was taken together since, and what a crash left half written.
Result<void> LeafLookups::remove_all_but(const Groups& groups) {
  std::set<std::string> kept;
  for (const LeafGroup& group : groups) kept.insert(leaf_group_name(group));
  ASSIGN_OR_RETURN(const auto names, files_.list(kLeavesFolder));
  for (const std::string& name : names)
    if (!kept.contains(name))
      RETURN_IF_ERROR(files_.remove(std::string(kLeavesFolder) + "/" + name));
  return {};
}

std::shared_ptr<const LeafLookups::Groups> LeafLookups::searched() const {
  const MutexLock lock(mutex_);
  return searched_;
}

TreeSize LeafLookups::end() const {
  const auto groups = searched();
  return groups->empty() ? TreeSize{0}
                         : TreeSize{groups->back().first.value + groups->back().leaves};
}

Result<std::optional<LeafIndex>> LeafLookups::find(const Hash& leaf, TreeSize published) const {
  for (auto groups = searched();;) {
    Result<std::optional<LeafIndex>> found = std::optional<LeafIndex>{};
    for (auto group = groups->rbegin(); group != groups->rend(); ++group) {  // the newest first
      found = find_in(*group, leaf, published);
      if (!found || *found) break;
    }
    if (found || found.error().code != Code::kNotFound) return found;
    auto now = searched();  // a file may have gone because its segments were taken together
    if (now == groups)
      return corrupt("a leaf lookup is missing, the next start makes it again: " +
                     found.error().message);
    groups = std::move(now);
  }
}

Result<std::optional<LeafIndex>> LeafLookups::find_in(const LeafGroup& group, const Hash& leaf,
                                                      TreeSize published) const {
  if (group.leaves == 0) return std::optional<LeafIndex>{};
  const std::string path = leaf_lookup_path(group);
  ASSIGN_OR_RETURN(const auto file, files_.open_read(path));
  auto entries = look_up_leaf(*file, group.leaves, leaf);
  if (!entries) return std::move(entries).error().during("looking up a leaf hash in " + path);
  for (const LeafEntry& entry : *entries) {
    const LeafIndex i{group.first.value + entry.number};
    if (entry.number >= group.leaves) return is_rotten(path, i);
    ASSIGN_OR_RETURN(const Hash stored, hashes_.node({0, i.value}));
    if (leaf_prefix(stored) != entry.prefix) return is_rotten(path, i);
    if (stored == leaf && contains(published, i)) return std::optional(i);
  }
  return std::optional<LeafIndex>{};
}

}  // namespace varve::store
