// Spelling of tile paths, and hashes out of tiles.
#include "ledger/merkle/tile.h"

#include <algorithm>
#include <limits>

#include "ledger/base/text.h"

namespace varve::merkle {
namespace {

constexpr std::uint32_t kLevelMax = 63;
constexpr std::uint64_t kGroup = 1000;  // an index is spelled in groups of three digits

Error not_a_path() {
  return invalid("not a tile path as c2sp.org/tlog-tiles spells it");
}

std::string three_digits(std::uint64_t group) {
  const std::string digits = std::to_string(group);
  return std::string(3 - digits.size(), '0') + digits;
}

std::string index_path(std::uint64_t index) {
  std::string path = three_digits(index % kGroup);
  for (index /= kGroup; index != 0; index /= kGroup)
    path.insert(0, "x" + three_digits(index % kGroup) + "/");
  return path;
}

Result<std::uint64_t> parse_index(std::string_view path) {
  std::uint64_t index = 0;
  for (bool first = true;; first = false) {
    const bool more = path.starts_with('x');
    if (more) path.remove_prefix(1);
    const std::string_view digits = path.substr(0, 3);
    const auto is_digit = [](char c) { return '0' <= c && c <= '9'; };
    if (digits.size() != 3 || !std::ranges::all_of(digits, is_digit)) return not_a_path();
    if (first && more && digits == "000") return not_a_path();
    const auto group = static_cast<std::uint64_t>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 +
                                                  (digits[2] - '0'));
    if (index > (std::numeric_limits<std::uint64_t>::max() - group) / kGroup) return not_a_path();
    index = index * kGroup + group;
    path.remove_prefix(3);
    if (!more) break;
    if (!path.starts_with('/')) return not_a_path();
    path.remove_prefix(1);
  }
  if (!path.empty()) return not_a_path();
  return index;
}

}  // namespace

std::string tile_path(const TileId& id) {
  return std::to_string(id.level) + "/" + bundle_path(id);
}

std::string bundle_path(const TileId& id) {
  std::string path = index_path(id.index);
  if (id.width != kTileWidth) path.append(".p/").append(std::to_string(id.width));
  return path;
}

Result<TileId> parse_tile_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return not_a_path();
  const auto level = decode_decimal(path.substr(0, slash));
  if (!level || *level > kLevelMax) return not_a_path();
  ASSIGN_OR_RETURN(TileId id, parse_bundle_path(path.substr(slash + 1)));
  id.level = static_cast<std::uint32_t>(*level);
  return id;
}

Result<TileId> parse_bundle_path(std::string_view path) {
  TileId id;
  if (const std::size_t dot = path.find(".p/"); dot != std::string_view::npos) {
    const auto width = decode_decimal(path.substr(dot + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return not_a_path();
    id.width = static_cast<std::uint32_t>(*width);
    path = path.substr(0, dot);
  }
  ASSIGN_OR_RETURN(id.index, parse_index(path));
  return id;
}

std::uint32_t tile_width(std::uint32_t level, std::uint64_t index, TreeSize n) {
  const std::uint64_t shift = std::uint64_t{kTileHeight} * level;
  const std::uint64_t hashes = shift < 64 ? n.value >> shift : 0;
  if (index >= hashes / kTileWidth + 1) return 0;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kTileWidth, hashes - index * kTileWidth));
}

Result<Hash> TileHashReader::node(NodeId id) const {
  const std::uint32_t level = id.height / kTileHeight;
  const std::uint32_t inside = id.height % kTileHeight;  // levels of the tree inside the tile
  const std::uint64_t per_tile = kTileWidth >> inside;
  const std::uint64_t tile_index = id.index / per_tile;
  const auto first = static_cast<std::uint32_t>((id.index % per_tile) << inside);
  const std::uint32_t width = tile_width(level, tile_index, n_);
  const std::uint32_t count = 1U << inside;
  if (first + count > width)
    return not_found("the tree of size " + std::to_string(n_.value) + " has no node " +
                     std::to_string(id.index) + " at height " + std::to_string(id.height));
  const TileId tile{level, tile_index, width};
  ASSIGN_OR_RETURN(const Buffer bytes, source_.tile(tile));
  if (bytes.size() != width * kHashSize)
    return corrupt("tile " + tile_path(tile) + " has " + std::to_string(bytes.size()) + " bytes");
  std::vector<Hash> hashes(count);
  for (std::size_t i = 0; i < count; ++i)
    std::ranges::copy(Bytes{bytes}.subspan((first + i) * kHashSize, kHashSize),
                      hashes[i].bytes.begin());
  return root_of(hashes);
}

}  // namespace varve::merkle
