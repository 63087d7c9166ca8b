// Following the segments, and taking sorted files together.
#include "ledger/store/append_files.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <utility>

#include "ledger/base/check.h"
#include "ledger/merkle/proof.h"
#include "ledger/store/remains.h"

namespace varve::store {
namespace {

// A file of so many is written to its end also when the log stops: 8 MiB.
constexpr std::uint64_t kEntriesWhileStopping = (8u << 20) / kAppendEntrySize;

/// The entries of a file, one after the other, in their bytes within the group they are going to.
class EntryStream {
 public:
  EntryStream(std::shared_ptr<const AppendFile> file, LeafIndex base)
      : file_(std::move(file)), base_(base) {}

  /// Whether there is one more; then entry() and bytes() are it.
  Result<bool> next() {
    if (++at_ >= block_.size()) {
      if (next_block_ == file_->blocks()) return false;
      ASSIGN_OR_RETURN(block_, file_->block(next_block_++));
      at_ = 0;
    }
    bytes_ = encode_append(block_[at_], base_);
    return true;
  }
  [[nodiscard]] const AppendEntry& entry() const { return block_[at_]; }
  [[nodiscard]] const Buffer& bytes() const { return bytes_; }

 private:
  std::shared_ptr<const AppendFile> file_;
  LeafIndex base_;
  std::vector<AppendEntry> block_;
  std::size_t at_ = 0;
  std::uint64_t next_block_ = 0;
  Buffer bytes_;
};

/// Several files as if they were one.
class MergedStream {
 public:
  static Result<MergedStream> of(const std::vector<std::shared_ptr<const AppendFile>>& files,
                                 LeafIndex base) {
    MergedStream merged;
    for (const auto& file : files) RETURN_IF_ERROR(merged.put(EntryStream(file, base)));
    return merged;
  }

  /// Nothing when all of them have ended.
  Result<std::optional<AppendEntry>> next() {
    if (streams_.empty()) return std::optional<AppendEntry>{};
    std::ranges::pop_heap(streams_, is_after);
    EntryStream first = std::move(streams_.back());
    streams_.pop_back();
    const AppendEntry entry = first.entry();
    RETURN_IF_ERROR(put(std::move(first)));
    return std::optional(entry);
  }

 private:
  static bool is_after(const EntryStream& a, const EntryStream& b) { return a.bytes() > b.bytes(); }

  Result<void> put(EntryStream stream) {
    ASSIGN_OR_RETURN(const bool more, stream.next());
    if (!more) return {};
    streams_.push_back(std::move(stream));
    std::ranges::push_heap(streams_, is_after);
    return {};
  }

  std::vector<EntryStream> streams_;  // a heap
};

/// Whose requests are left out: the records of segments that were disposed of.
class DisposedRecords {
 public:
  DisposedRecords(const std::vector<std::uint64_t>& ordinals, const std::vector<LeafIndex>& ends) {
    for (const std::uint64_t k : ordinals)
      ranges_.push_back({k == 0 ? LeafIndex{0} : ends[k - 1], ends[k]});
  }
  [[nodiscard]] bool covers(const AppendEntry& entry) const {
    if (entry.key.kind != AppendKind::kRequest) return false;
    const auto after = std::ranges::upper_bound(ranges_, entry.row.first, {}, &Range::first);
    return after != ranges_.begin() && entry.row.first < std::prev(after)->end;
  }

 private:
  struct Range {
    LeafIndex first;
    LeafIndex end;
  };
  std::vector<Range> ranges_;
};

bool is_within(const LeafGroup& part, const LeafGroup& group) {
  return group.ordinal <= part.ordinal &&
         part.ordinal + part.segments <= group.ordinal + group.segments;
}

}  // namespace

Result<SegmentsWithRemains> SegmentsWithRemains::read(const env::Filesystem& files) {
  SegmentsWithRemains out;
  auto names = files.list(kRemainsFolder);
  if (!names && names.error().code == Code::kNotFound) return out;
  if (!names) return std::move(names).error();
  for (std::string& name : *names) out.names_.insert(std::string(kRemainsFolder) + "/" + name);
  return out;
}

bool SegmentsWithRemains::contains(std::uint64_t ordinal) const {
  return !names_.empty() && names_.contains(remains_path(ordinal));
}

std::vector<std::uint64_t> SegmentsWithRemains::in(const LeafGroup& group) const {
  std::vector<std::uint64_t> ordinals;
  if (names_.empty()) return ordinals;
  for (std::uint64_t k = group.ordinal; k < group.ordinal + group.segments; ++k)
    if (contains(k)) ordinals.push_back(k);
  return ordinals;
}

std::vector<AppendEntry> entries_of(const SegmentFacts& facts) {
  std::vector<std::pair<Buffer, AppendEntry>> sorted;
  sorted.reserve(facts.appends.size());
  for (const auto& [key, row] : facts.appends)
    sorted.emplace_back(encode_append({key, row}, facts.row.first), AppendEntry{key, row});
  std::ranges::sort(sorted, {}, [](const auto& one) -> const Buffer& { return one.first; });
  std::vector<AppendEntry> out;
  out.reserve(sorted.size());
  for (const auto& one : sorted) out.push_back(one.second);
  return out;
}

Result<void> AppendFiles::read_ends(const Catalogue& catalogue) {
  ASSIGN_OR_RETURN(const CataloguePosition position, catalogue.position());
  while (ends_.size() < position.next_ordinal) {
    ASSIGN_OR_RETURN(const SegmentRow row, catalogue.segment(ends_.size()));
    ends_.push_back(row.end);
  }
  return {};
}

Result<void> AppendFiles::load(const Catalogue& catalogue) {
  const MutexLock lock(update_mutex_);
  RETURN_IF_ERROR(read_ends(catalogue));
  RETURN_IF_ERROR(files_.make_directory(kAppendsFolder));
  ASSIGN_OR_RETURN(const auto remains, SegmentsWithRemains::read(files_));
  auto covered = std::make_shared<Files>();
  for (const LeafGroup& group : leaf_groups(ends_, kAppendLeavesMax))
    RETURN_IF_ERROR(cover(group, *covered));
  std::set<std::string> kept;
  for (const auto& file : *covered) {
    RETURN_IF_ERROR(has_all_requests(*file, remains));
    kept.insert(leaf_group_name(file->group()));
  }
  ASSIGN_OR_RETURN(const auto names, files_.list(kAppendsFolder));
  for (const std::string& name : names)
    if (!kept.contains(name))
      RETURN_IF_ERROR(files_.remove(std::string(kAppendsFolder) + "/" + name));
  const MutexLock searching(mutex_);
  searched_ = std::move(covered);
  return {};
}

/// By its own file, or by those of its parts.
Result<void> AppendFiles::cover(const LeafGroup& group, Files& covered) const {
  auto file = AppendFile::open(files_, group);
  if (file) {
    RETURN_IF_ERROR(is_of_this_log(**file));
    covered.push_back(std::move(*file));
    return {};
  }
  if (file.error().code != Code::kNotFound) return std::move(file).error();
  if (group.segments == 1) return corrupt(append_file_path(group) + " is missing");
  for (const LeafGroup& part : parts_of(group, ends_)) RETURN_IF_ERROR(cover(part, covered));
  return {};
}

Result<void> AppendFiles::is_of_this_log(const AppendFile& file) const {
  const LeafIndex end = ends_[file.group().ordinal + file.group().segments - 1];
  ASSIGN_OR_RETURN(const Hash root, merkle::tree_root(TreeSize{end.value}, hashes_));
  if (root == file.of().root) return {};
  return file.altered("it is of another log than the hash files");
}

/// Remains may have been taken away from a segment that has its key: of a copy without that folder,
/// or of a destruction that was given up.
Result<void> AppendFiles::has_all_requests(const AppendFile& file,
                                           const SegmentsWithRemains& remains) const {
  for (const std::uint64_t ordinal : file.of().disposed) {
    if (remains.contains(ordinal)) continue;
    ASSIGN_OR_RETURN(const KeyIs key, ask_for_key_(ordinal));
    if (key == KeyIs::kThere)
      return file.altered("it lacks the requests of segment " + std::to_string(ordinal) +
                          ", which was not disposed of");
  }
  return {};
}

Result<void> AppendFiles::add(const SegmentFacts& facts, const Hash& root) {
  const SegmentRow& row = facts.row;
  AppendsOf of{{row.ordinal, 1, row.first, row.end.value - row.first.value}, root, {}};
  if (facts.disposed) of.disposed.push_back(row.ordinal);
  const LeafGroup group = of.group;
  ASSIGN_OR_RETURN(AppendFileWriter out, AppendFileWriter::create(files_, std::move(of)));
  for (const AppendEntry& entry : entries_of(facts)) RETURN_IF_ERROR(out.add(entry));
  RETURN_IF_ERROR(out.finish());
  ASSIGN_OR_RETURN(auto file, AppendFile::open(files_, group));
  replace(group, std::move(file));
  return {};
}

/// What one group cannot have is no reason to leave the others as they are.
Result<void> AppendFiles::update(const Catalogue& catalogue) {
  const MutexLock lock(update_mutex_);
  RETURN_IF_ERROR(read_ends(catalogue));
  ASSIGN_OR_RETURN(const auto remains, SegmentsWithRemains::read(files_));
  Result<void> outcome;
  for (const LeafGroup& group : leaf_groups(ends_, kAppendLeavesMax)) {
    auto settled = settle(group, remains);
    if (!settled && outcome) outcome = std::move(settled);
    if (is_stopping()) break;
  }
  return outcome;
}

/// In one file, or while there is no room for that or a part is rotten, in those of its parts.
Result<void> AppendFiles::settle(const LeafGroup& group, const SegmentsWithRemains& remains) {
  const Files parts = parts_in(group);
  ASSIGN_OR_RETURN(const Ordinals forgotten, to_forget(parts, remains.in(group)));
  const bool is_one = parts.size() == 1 && parts.front()->group() == group;
  if (is_one && forgotten.empty()) return {};
  std::uint64_t segments = 0;
  for (const auto& part : parts) segments += part->group().segments;
  CHECK(segments == group.segments);  // load() and add() came before the catalogue knew of them
  Result<void> made;
  if (!rotten_.contains(leaf_group_name(group))) {
    ASSIGN_OR_RETURN(const bool room, has_room_for(parts));
    if (room) {
      made = make(group, parts, forgotten);
      if (made || made.error().code != Code::kCorrupt) return made;
      rotten_.insert(leaf_group_name(group));
    }
  }
  return is_one ? made : settle_parts(group, remains, std::move(made));
}

/// Returns the first error, beginning with `outcome`.
Result<void> AppendFiles::settle_parts(const LeafGroup& group, const SegmentsWithRemains& remains,
                                       Result<void> outcome) {
  for (const LeafGroup& part : parts_of(group, ends_)) {
    auto settled = settle(part, remains);
    if (!settled && outcome) outcome = std::move(settled);
  }
  return outcome;
}

/// The segments that were disposed of since the files were written. A token that does not answer is
/// not asked for the others.
Result<AppendFiles::Ordinals> AppendFiles::to_forget(const Files& parts,
                                                     const Ordinals& with_remains) {
  Ordinals out;
  for (const std::uint64_t ordinal : with_remains) {
    if (kept_.contains(ordinal) ||
        std::ranges::any_of(parts, [&](const auto& p) { return p->has_disposed(ordinal); }))
      continue;
    ASSIGN_OR_RETURN(const KeyIs key, ask_for_key_(ordinal));
    if (key == KeyIs::kUnanswered || is_stopping()) break;
    if (key == KeyIs::kGone)
      out.push_back(ordinal);
    else
      kept_.insert(ordinal);
  }
  return out;
}

Result<bool> AppendFiles::has_room_for(const Files& parts) const {
  std::uint64_t entries = 0;
  std::uint64_t segments = 0;
  for (const auto& part : parts) {
    entries += part->entries();
    segments += part->group().segments;
  }
  ASSIGN_OR_RETURN(const std::uint64_t free, files_.free_bytes());
  return free >= reserve_bytes_ + append_file_size_max(entries, segments);
}

AppendFiles::Files AppendFiles::parts_in(const LeafGroup& group) const {
  Files parts;
  const auto all = searched();
  for (const auto& file : *all)
    if (is_within(file->group(), group)) parts.push_back(file);
  return parts;
}

Result<void> AppendFiles::make(const LeafGroup& group, const Files& parts,
                               const Ordinals& forgotten) {
  if (auto written = this->write(group, parts, forgotten); !written) {
    // Frees the space it took; the error that matters is the one above.
    static_cast<void>(files_.remove(append_file_path(group) + ".tmp"));
    return written;
  }
  ASSIGN_OR_RETURN(auto file, AppendFile::open(files_, group));
  replace(group, std::move(file));
  for (const auto& part : parts)
    if (part->group() != group) RETURN_IF_ERROR(files_.remove(append_file_path(part->group())));
  return {};
}

Result<void> AppendFiles::write(const LeafGroup& group, const Files& parts,
                                const Ordinals& forgotten) {
  const DisposedRecords left_out(forgotten, ends_);
  ASSIGN_OR_RETURN(MergedStream in, MergedStream::of(parts, group.first));
  AppendsOf of{group, parts.back()->of().root, forgotten};
  for (const auto& part : parts)
    of.disposed.insert(of.disposed.end(), part->of().disposed.begin(), part->of().disposed.end());
  std::ranges::sort(of.disposed);
  ASSIGN_OR_RETURN(AppendFileWriter out, AppendFileWriter::create(files_, std::move(of)));
  for (;;) {
    ASSIGN_OR_RETURN(const auto entry, in.next());
    if (!entry) break;
    if (!left_out.covers(*entry)) RETURN_IF_ERROR(out.add(*entry));
    if (is_stopping() && out.entries() > kEntriesWhileStopping) return busy("the log is stopping");
  }
  return out.finish();
}

/// Whoever searches the files from before goes on doing so: they are open.
void AppendFiles::replace(const LeafGroup& group, std::shared_ptr<const AppendFile> by) {
  const MutexLock lock(mutex_);
  auto now = std::make_shared<Files>();
  for (const auto& file : *searched_)
    if (!is_within(file->group(), group)) now->push_back(file);
  now->push_back(std::move(by));
  std::ranges::sort(*now, {}, [](const auto& file) { return file->group().ordinal; });
  searched_ = std::move(now);
}

std::shared_ptr<const AppendFiles::Files> AppendFiles::searched() const {
  const MutexLock lock(mutex_);
  return searched_;
}

Result<AppendRow> AppendFiles::find(const AppendKey& key) const {
  const auto files = searched();
  for (auto file = files->rbegin(); file != files->rend(); ++file) {  // the newest first
    auto found = (*file)->find(key);
    if (found || found.error().code != Code::kNotFound) return found;
  }
  return not_found("it was not appended");
}

}  // namespace varve::store
