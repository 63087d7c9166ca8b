// Level by level, over all trees at once.
#include "ledger/merkle/rows.h"

#include "ledger/merkle/lanes.h"

namespace varve::merkle {
namespace {

/// Collects pairs of hashes until the lanes are full.
class Pairs {
 public:
  /// `pair` is two hashes, and stays where it is until flush().
  void add(std::span<const Hash> pair, Hash& parent) {
    pairs_[count_] = std::as_bytes(pair);
    parents_[count_] = &parent;
    if (++count_ == kLanes) flush();
  }
  void flush() {
    constexpr std::byte kNodePrefix{0x01};  // RFC 6962 section 2.1
    std::array<Hash, kLanes> hashes;
    sha256_each(kNodePrefix, std::span{pairs_}.first(count_), std::span{hashes}.first(count_));
    for (std::size_t i = 0; i < count_; ++i) *parents_[i] = hashes[i];
    count_ = 0;
  }

 private:
  std::array<Bytes, kLanes> pairs_;
  std::array<Hash*, kLanes> parents_{};
  std::size_t count_ = 0;
};

}  // namespace

void hash_up(std::span<SmallTree* const> trees) {
  Pairs pairs;
  for (std::uint32_t level = 0; level < kRowHeight; ++level) {
    for (SmallTree* const tree : trees) {
      if (level >= tree->levels_) continue;
      const auto below = std::span{tree->nodes_}.subspan(tree->offset(level), tree->width(level));
      const auto above = std::span{tree->nodes_}.subspan(tree->offset(level + 1));
      for (std::size_t i = 0; i < below.size() / 2; ++i)
        pairs.add(below.subspan(2 * i, 2), above[i]);
    }
    pairs.flush();
  }
}

}  // namespace varve::merkle
