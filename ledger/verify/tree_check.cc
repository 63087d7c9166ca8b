// Collects the hashes that an append completes into the tiles they belong to.
#include "ledger/verify/tree_check.h"

#include "ledger/verify/edge.h"

namespace varve::verify {
namespace {

Result<void> compare_tile(const LogSource& source, const merkle::TileId& id,
                          const std::vector<Hash>& computed) {
  ASSIGN_OR_RETURN(const auto stored, read_tile(source, id));
  for (std::size_t i = 0; i < computed.size(); ++i)
    if (stored[i] != computed[i])
      return corrupt("tile " + merkle::tile_path(id) + ": hash " + std::to_string(i) +
                     " is not the one that the records make");
  return {};
}

}  // namespace

/// Sorts completed subtrees of height 0, 8, 16 ... into the open tiles.
class TreeCheck::Collect final : public merkle::NodeSink {
 public:
  explicit Collect(std::vector<std::vector<Hash>>& open) : open_(open) {}
  void completed(merkle::NodeId id, const Hash& hash) override {
    if (id.height % merkle::kTileHeight != 0) return;
    const std::size_t level = id.height / merkle::kTileHeight;
    if (open_.size() <= level) open_.resize(level + 1);
    open_[level].push_back(hash);
  }

 private:
  std::vector<std::vector<Hash>>& open_;
};

Result<void> TreeCheck::append(const Hash& leaf, const LogSource& source) {
  Collect collect(open_);
  frontier_.append(leaf, &collect);
  for (std::uint32_t level = 0; level < open_.size(); ++level) {
    if (open_[level].size() < merkle::kTileWidth) break;  // then no level above is full either
    const std::uint32_t shift = merkle::kTileHeight * (level + 1);
    const merkle::TileId id{level, (size().value - 1) >> shift};
    if (level > 0) RETURN_IF_ERROR(compare_tile(source, id, open_[level]));
    open_[level].clear();
  }
  return {};
}

Result<void> TreeCheck::compare_partial_tiles(const LogSource& source) const {
  for (std::uint32_t level = 1; level < open_.size(); ++level) {
    if (open_[level].empty()) continue;
    const std::uint64_t index = size().value >> (merkle::kTileHeight * (level + 1));
    const auto width = static_cast<std::uint32_t>(open_[level].size());
    RETURN_IF_ERROR(compare_tile(source, {level, index, width}, open_[level]));
  }
  return {};
}

const std::vector<Hash>& TreeCheck::open_leaves() const {
  static const std::vector<Hash> kNone;
  return open_.empty() ? kNone : open_.front();
}

void TreeCheck::encode(ByteWriter& out) const {
  encode_frontier(out, frontier_);
  out.u8(static_cast<std::uint8_t>(open_.size()));
  for (const auto& hashes : open_) {
    out.u8(static_cast<std::uint8_t>(hashes.size()));  // at most 255
    for (const Hash& hash : hashes) out.hash(hash);
  }
}

Result<void> TreeCheck::decode(ByteReader& in) {
  ASSIGN_OR_RETURN(frontier_, decode_frontier(in));
  open_.assign(in.u8(), {});
  for (auto& hashes : open_)
    for (std::uint8_t left = in.u8(); left > 0; --left) hashes.push_back(in.hash());
  if (!in.ok()) return corrupt("the saved state of the tree is damaged");
  return {};
}

Result<std::vector<Hash>> read_tile(const LogSource& source, const merkle::TileId& id) {
  ASSIGN_OR_RETURN(const Buffer bytes, source.tile(id));
  if (bytes.size() != id.width * kHashSize)
    return corrupt("tile " + merkle::tile_path(id) + " has " + std::to_string(bytes.size()) +
                   " bytes, not " + std::to_string(id.width * kHashSize));
  std::vector<Hash> hashes;
  hashes.reserve(id.width);
  for (ByteReader in(bytes); !in.at_end();) hashes.push_back(in.hash());
  return hashes;
}

}  // namespace varve::verify
