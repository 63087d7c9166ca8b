// Bundles first, then the tiles level by level.
#include "tools/audit/lib/export_plan.h"

#include "ledger/format/batch.h"
#include "ledger/verify/log_source.h"

namespace varve::audit {

std::string ExportItem::path() const {
  return is_bundle ? verify::bundle_url_path(id) : verify::tile_url_path(id);
}

Result<void> ExportItem::check_shape(Bytes bytes) const {
  if (!is_bundle) {
    if (bytes.size() == id.width * kHashSize) return {};
    return corrupt(path() + " has " + std::to_string(bytes.size()) + " bytes, not " +
                   std::to_string(id.width * kHashSize));
  }
  const auto entries = format::split_bundle(bytes, merkle::kTileWidth);
  if (entries && entries->size() == id.width) return {};
  return corrupt(path() + " does not hold " + std::to_string(id.width) + " records");
}

ExportPlan::ExportPlan(TreeSize size) : size_(size) {
  for (std::uint32_t level = 0; merkle::tile_width(level, 0, size) > 0; ++level) {
    const std::uint64_t hashes = size.value >> (merkle::kTileHeight * level);
    tiles_.push_back(hashes / merkle::kTileWidth + (hashes % merkle::kTileWidth != 0 ? 1 : 0));
  }
  for (const std::uint64_t tiles : tiles_) count_ += tiles;
  if (!tiles_.empty()) count_ += tiles_.front();  // as many bundles as tiles of level 0
}

ExportItem ExportPlan::item(std::uint64_t k) const {
  CHECK(k < count_);
  const auto at = [this](std::uint32_t level, std::uint64_t index, bool is_bundle) {
    return ExportItem{{level, index, merkle::tile_width(level, index, size_)}, is_bundle};
  };
  if (k < tiles_.front()) return at(0, k, true);
  k -= tiles_.front();
  std::uint32_t level = 0;
  while (k >= tiles_[level]) k -= tiles_[level++];
  return at(level, k, false);
}

std::vector<ExportItem> ExportPlan::partial_items() const {
  std::vector<ExportItem> partial;
  for (std::uint32_t level = 0; level < tiles_.size(); ++level) {
    const std::uint64_t last = tiles_[level] - 1;
    const merkle::TileId id{level, last, merkle::tile_width(level, last, size_)};
    if (id.width == merkle::kTileWidth) continue;
    partial.push_back({id, false});
    if (level == 0) partial.push_back({id, true});
  }
  return partial;
}

}  // namespace varve::audit
