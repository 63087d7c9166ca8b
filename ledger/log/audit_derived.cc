// Comparing hash files, leaf lookups and catalogue rows.
#include "ledger/log/audit_derived.h"

#include <algorithm>
#include <utility>

#include "ledger/store/leaf_lookup.h"
#include "ledger/store/leaf_lookups.h"

namespace varve::log {
namespace {

constexpr std::uint64_t kWindow = 1u << 18;

}  // namespace

HashFileCheck::HashFileCheck(const env::Filesystem& files, std::vector<Finding>& findings)
    : findings_(findings) {
  for (std::uint32_t k = 0; k < levels_.size(); ++k) {
    auto file = files.open_read(store::hash_file_path(k * store::HashFiles::kStep));
    if (!file) continue;
    const auto size = (*file)->size();
    levels_[k].size_bytes = size ? size->value : 0;
    levels_[k].file = std::move(*file);
  }
}

bool HashFileCheck::load(Level& level, std::uint64_t at) {
  if (!level.file || at + kHashSize > level.size_bytes) return false;
  level.window_at = at;
  level.window.resize(std::min(kWindow, level.size_bytes - at));
  return level.file->read(ByteOffset{at}, level.window).has_value();
}

bool HashFileCheck::matches(Level& level, std::uint64_t index, const Hash& hash) {
  const std::uint64_t at = index * kHashSize;
  const bool inside =
      at >= level.window_at && at + kHashSize <= level.window_at + level.window.size();
  if (!inside && !load(level, at)) return false;
  return std::ranges::equal(Bytes{level.window}.subspan(at - level.window_at, kHashSize),
                            hash.view());
}

void HashFileCheck::completed(merkle::NodeId id, const Hash& hash) {
  if (id.height % store::HashFiles::kStep != 0) return;
  Level& level = levels_.at(id.height / store::HashFiles::kStep);
  if (level.reported || matches(level, id.index, hash)) return;
  level.reported = true;
  findings_.push_back({store::hash_file_path(id.height),
                       "hash " + std::to_string(id.index) +
                           " is not that of the records: delete the folder tree, it is made again"});
}

Result<void> LookupCheck::end() {
  auto leaves = files_.open_read(store::hash_file_path(0));
  if (!leaves && leaves.error().code == Code::kNotFound) return {};  // there are no records
  ASSIGN_OR_RETURN(leaves_, std::move(leaves));
  for (const store::LeafGroup& group : store::leaf_groups(ends_)) {
    ASSIGN_OR_RETURN(const bool there, cover(group));
    static_cast<void>(there);  // or it is among those that are missing
  }
  return {};
}

/// Its file, or while it was not made yet those of its parts. The newest segments may have none
/// after a crash: a start makes them. One between others was lost.
Result<bool> LookupCheck::cover(const store::LeafGroup& group) {
  const auto file = files_.open_read(store::leaf_lookup_path(group));
  if (file) return compare(group, **file);
  if (file.error().code != Code::kNotFound) return file.error();
  bool any = false;
  const std::size_t missing_before = missing_.size();
  if (group.segments > 1)
    for (const store::LeafGroup& part : store::parts_of(group, ends_)) {
      ASSIGN_OR_RETURN(const bool there, cover(part));
      any = any || there;
    }
  if (any) return true;
  missing_.resize(missing_before);  // it is one file that is missing, not its parts
  missing_.push_back(group);
  return false;
}

Result<bool> LookupCheck::compare(const store::LeafGroup& group, const env::File& file) {
  for (const store::LeafGroup& lost : std::exchange(missing_, {}))
    report(lost, "is missing: the next start makes it again");
  const store::ReadLeaves read = [this](LeafIndex first, std::uint64_t count) -> Result<Buffer> {
    Buffer hashes(count * kHashSize);
    RETURN_IF_ERROR(leaves_->read(ByteOffset{first.value * kHashSize}, hashes));
    return hashes;
  };
  ASSIGN_OR_RETURN(const bool same,
                   store::is_leaf_lookup_of(file, read, group.first, group.leaves));
  if (!same) report(group, "is not made from the records: delete it, it is made again");
  return true;
}

void LookupCheck::report(const store::LeafGroup& group, const std::string& what) {
  findings_.push_back({store::leaf_lookup_path(group), what});
}

CatalogueCheck::CatalogueCheck(env::Filesystem& files, std::vector<Finding>& findings)
    : findings_(findings) {
  if (!files.open_read("catalogue/data.mdb")) {
    report("it is missing");
    return;
  }
  auto catalogue = store::Catalogue::open(files);
  if (!catalogue) report(catalogue.error().message);
  else catalogue_ = std::move(*catalogue);
}

void CatalogueCheck::report(const std::string& what) {
  findings_.push_back({"catalogue", what + ": delete the folder catalogue, it is made again"});
  catalogue_.reset();  // one finding is enough
}

void CatalogueCheck::segment(const store::SegmentFacts& facts) {
  if (!catalogue_) return;
  const std::uint64_t ordinal = facts.row.ordinal;
  const auto row = catalogue_->segment(ordinal);
  if (!row || row->first != facts.row.first || row->end != facts.row.end)
    return report("its row of segment " + std::to_string(ordinal) + " is wrong");
  for (const auto& [key, batch] : facts.batches) {
    const auto stored = catalogue_->batch(key);
    if (!stored || stored->first != batch.first || stored->count != batch.count ||
        stored->root != batch.root)
      return report("its row of the batch at record " + std::to_string(batch.first.value) +
                    " is wrong");
  }
  for (const auto& [key, request] : facts.requests) {
    const auto stored = catalogue_->request(key);
    if (!stored || stored->first != request.first || stored->count != request.count ||
        stored->content != request.content)
      return report("its row of the request at record " + std::to_string(request.first.value) +
                    " is wrong");
  }
  for (const store::FrameRef& checkpoint : facts.checkpoints) {
    const auto stored = catalogue_->checkpoint_at(TreeSize{checkpoint.first});
    if (!stored || stored->size.value != checkpoint.first)
      return report("its row of the checkpoint of size " + std::to_string(checkpoint.first) +
                    " is wrong");
  }
}

bool CatalogueCheck::knows(std::uint64_t ordinal) const {
  return catalogue_ && catalogue_->segment(ordinal).has_value();
}

void CatalogueCheck::end(const store::Mark& mark) {
  if (!catalogue_) return;
  const auto stored = catalogue_->mark();
  if (!stored || *stored != mark) report("it ends at another segment than the sealed ones");
}

}  // namespace varve::log
