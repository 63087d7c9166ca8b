// Comparing hash files, leaf lookups and catalogue rows.
#include "ledger/upkeep/audit_derived.h"

#include <algorithm>
#include <utility>

#include "ledger/base/text.h"
#include "ledger/base/trouble.h"
#include "ledger/env/durable.h"
#include "ledger/store/catalogue_rows.h"
#include "ledger/store/leaf_lookup.h"
#include "ledger/store/leaf_lookups.h"
#include "ledger/store/read_derived.h"

namespace varve::upkeep {
namespace {

constexpr std::uint64_t kWindow = 1u << 18;

}  // namespace

HashFileCheck::HashFileCheck(const env::Filesystem& files, std::vector<StoreFinding>& findings)
    : findings_(findings) {
  for (std::uint32_t k = 0; k < levels_.size() && looked_; ++k)
    looked_ = open_level(files, k * store::HashFiles::kStep, levels_[k]);
}

/// One that is not there is found as soon as the tree has a hash for it.
Result<void> HashFileCheck::open_level(const env::Filesystem& files, std::uint32_t height,
                                       Level& level) {
  auto file = files.open_read(store::hash_file_path(height));
  if (!file && file.error().code == Code::kNotFound) return {};
  if (!file) return std::move(file).error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  level.size_bytes = size.value;
  level.file = std::move(*file);
  return {};
}

bool HashFileCheck::load(Level& level, std::uint64_t at) {
  if (!level.file || at + kHashSize > level.size_bytes) return false;
  level.window_at = at;
  level.window.resize(std::min(kWindow, level.size_bytes - at));
  const auto read = store::read_derived(*level.file, ByteOffset{at}, level.window);
  if (!read && is_trouble(read.error())) looked_ = read;
  return read.has_value();
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
  if (!looked_ || level.reported || matches(level, id.index, hash) || !looked_) return;
  level.reported = true;
  findings_.push_back(
      {store::hash_file_path(id.height),
       "hash " + std::to_string(id.index) +
           " is not that of the records: delete the folder tree, it is made again"});
}

Result<void> LookupCheck::end(const SealedPart& sealed) {
  if (!sealed.leaves_match) return {};
  auto leaves = files_.open_read(store::hash_file_path(0));
  if (!leaves && leaves.error().code == Code::kNotFound) return {};  // there are no records
  ASSIGN_OR_RETURN(leaves_, std::move(leaves));
  for (const store::LeafGroup& group : store::leaf_groups(ends_)) {
    ASSIGN_OR_RETURN(const bool there, cover(group));
    static_cast<void>(there);  // or it is among those that are missing
  }
  for (const store::LeafGroup& group : missing_)
    report_.unfinished.push_back(
        {store::leaf_lookup_path(group), "is not made yet: the next start makes it"});
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
    RETURN_IF_ERROR(store::read_derived(*leaves_, ByteOffset{first.value * kHashSize}, hashes));
    return hashes;
  };
  const auto same = store::is_leaf_lookup_of(file, read, group.first, group.leaves);
  if (!same && is_trouble(same.error())) return same.error();
  if (!same)
    report(group, same.error().message + ": delete it, it is made again");
  else if (!*same)
    report(group, "is not made from the records: delete it, it is made again");
  return true;
}

void LookupCheck::report(const store::LeafGroup& group, const std::string& what) {
  report_.findings.push_back({store::leaf_lookup_path(group), what});
}

CatalogueCheck::CatalogueCheck(const env::Filesystem& files, AuditReport& report)
    : report_(report) {
  load(files);
}

void CatalogueCheck::load(const env::Filesystem& files) {
  const auto there = env::exists(files, "catalogue/data.mdb");
  if (!there) {
    looked_ = there.error();
    return;
  }
  if (!*there) return report("it is missing");
  auto catalogue = store::Catalogue::open_to_read(files);
  if (!catalogue && is_trouble(catalogue.error())) {
    looked_ = std::move(catalogue).error();
    return;
  }
  if (!catalogue) return report(catalogue.error().message);
  catalogue_ = std::move(*catalogue);
  const auto position = catalogue_->position();
  if (position) {
    position_ = *position;
  } else if (is_trouble(position.error())) {
    looked_ = position.error();
  } else {
    report(position.error().message);
  }
}

void CatalogueCheck::report(const std::string& what) {
  report_.findings.push_back(
      {"catalogue", what + ": delete the folder catalogue, it is made again"});
  catalogue_.reset();  // one finding is enough
}

void CatalogueCheck::segment(const store::SegmentFacts& facts,
                             const store::CataloguePosition& position, Bytes state) {
  sealed_ = position.next_ordinal;
  if (sealed_ > position_.next_ordinal) return;
  store::add_segment_rows(expected_, facts);
  if (sealed_ == position_.next_ordinal) store::set_position_rows(expected_, position, state);
}

Result<bool> CatalogueCheck::knows(std::uint64_t ordinal) const {
  if (!catalogue_) return false;
  const auto row = catalogue_->segment(ordinal);
  if (!row && is_trouble(row.error())) return row.error();
  return row.has_value();
}

void CatalogueCheck::end() {
  if (!catalogue_) return;
  store::add_format_row(expected_);
  const auto stored = catalogue_->rows();
  if (!stored && is_trouble(stored.error())) {
    looked_ = stored.error();
    return;
  }
  if (!stored) return report(stored.error().message);
  compare(*stored);
  if (catalogue_ && sealed_ > position_.next_ordinal)
    report_.unfinished.push_back(
        {"catalogue", "its rows of segments from " + std::to_string(position_.next_ordinal) +
                          " on are not made yet: the next start makes them"});
}

/// Names the first row that differs.
void CatalogueCheck::compare(const store::CatalogueRows& stored) {
  for (unsigned t = 0; t < store::kCatalogueTables; ++t) {
    const auto& expected = expected_[t];
    const auto [wanted, found] = std::ranges::mismatch(expected, stored[t]);
    if (wanted == expected.end() && found == stored[t].end()) continue;
    const bool missing =
        found == stored[t].end() || (wanted != expected.end() && wanted->first < found->first);
    const bool extra = !missing && (wanted == expected.end() || found->first < wanted->first);
    const char* const how = missing ? " is missing"
                            : extra ? " is of nothing that is sealed"
                                    : " is not that of the segments";
    return report(std::string("in its table ") + store::kCatalogueTableNames[t] + " the row " +
                  hex(extra ? found->first : wanted->first) + how);
  }
}

}  // namespace varve::upkeep
