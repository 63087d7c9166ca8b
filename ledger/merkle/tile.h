// C2SP tlog-tiles: which tile holds which hash, and how its path is spelled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/merkle/tree.h"

namespace varve::merkle {

inline constexpr std::uint32_t kTileHeight = 8;
inline constexpr std::uint32_t kTileWidth = 256;  // hashes in a full tile

/// A tile of hashes: `width` hashes of height 8 * level, from hash number 256 * index on.
struct TileId {
  std::uint32_t level = 0;  // 0 ... 63
  std::uint64_t index = 0;
  std::uint32_t width = kTileWidth;  // 1 ... 256; 256 is a full tile
  auto operator<=>(const TileId&) const = default;
};

/// "0/x001/x234/067.p/5": the path after "/tile/". Source: c2sp.org/tlog-tiles
std::string tile_path(const TileId& id);
/// "x001/x234/067.p/5": the path of an entry bundle after "/tile/entries/". `level` is ignored.
std::string bundle_path(const TileId& id);
/// Errors: kInvalid  any spelling but the canonical one (leading zeros, ".p/256", missing x ...).
Result<TileId> parse_tile_path(std::string_view path);
Result<TileId> parse_bundle_path(std::string_view path);  // level 0

/// Width of tile (level, index) in the tree of `n` leaves: 0 when it does not exist, else 1 ... 256.
std::uint32_t tile_width(std::uint32_t level, std::uint64_t index, TreeSize n);

/// Where tile bytes come from; `data` is 32 * id.width bytes.
class TileSource {
 public:
  virtual ~TileSource() = default;
  [[nodiscard]] virtual Result<Buffer> tile(const TileId& id) const = 0;
};

/// Reads hashes of the tree of `n` leaves from tiles; asks for partial tiles of exactly the
/// width that size has. Caches nothing and authenticates nothing: proofs made from it are
/// verified against a signed root by whoever uses them.
class TileHashReader final : public HashReader {
 public:
  TileHashReader(TreeSize n, const TileSource& source) : n_(n), source_(source) {}
  [[nodiscard]] Result<Hash> node(NodeId id) const override;

 private:
  TreeSize n_;
  const TileSource& source_;
};

}  // namespace varve::merkle
