// Rebuilds the tree from the leaves alone and compares every tile of every level on the way.
#pragma once

#include <vector>

#include "ledger/base/codec.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/tile.h"
#include "ledger/merkle/tree.h"
#include "ledger/verify/log_source.h"

namespace varve::verify {

/// Memory: at most 255 hashes a level, 8 levels in practice.
class TreeCheck {
 public:
  /// Appends the leaf and compares the tiles above level 0 that it completes.
  /// Errors: kCorrupt  a tile differs from what the records make.  kIo.
  Result<void> append(const Hash& leaf, const LogSource& source);
  /// Compares the partial tiles above level 0 of the tree as it is now. Errors: as append.
  Result<void> compare_partial_tiles(const LogSource& source) const;

  [[nodiscard]] TreeSize size() const { return frontier_.size(); }
  [[nodiscard]] Hash root() const { return frontier_.root(); }
  /// Leaf hashes of the level 0 tile that is not full yet.
  [[nodiscard]] const std::vector<Hash>& open_leaves() const;

  void encode(ByteWriter& out) const;
  /// Errors: kCorrupt  damaged.
  Result<void> decode(ByteReader& in);

 private:
  class Collect;

  merkle::Frontier frontier_;
  std::vector<std::vector<Hash>> open_;  // by level: hashes of its tile that is not full yet
};

/// Reads a tile and splits it. Errors: kCorrupt  not `id.width` hashes.  kIo.
Result<std::vector<Hash>> read_tile(const LogSource& source, const merkle::TileId& id);

}  // namespace varve::verify
