// Which files an export of a log of a given size has, counted instead of listed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/tile.h"

namespace varve::audit {

struct ExportItem {
  merkle::TileId id;
  bool is_bundle = false;
  auto operator<=>(const ExportItem&) const = default;

  /// "tile/0/x001/234" or "tile/entries/x001/234.p/7".
  [[nodiscard]] std::string path() const;
  /// Errors: kCorrupt  not as many hashes or records as the item has.
  [[nodiscard]] Result<void> check_shape(Bytes bytes) const;
};

/// Tiles of every level and bundles. Thread: any; immutable.
class ExportPlan {
 public:
  explicit ExportPlan(TreeSize size);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Requires k < count().
  [[nodiscard]] ExportItem item(std::uint64_t k) const;
  /// The items that are not full: another size has others in their place.
  [[nodiscard]] std::vector<ExportItem> partial_items() const;

 private:
  TreeSize size_;
  std::vector<std::uint64_t> tiles_;  // by level
  std::uint64_t count_ = 0;
};

}  // namespace varve::audit
