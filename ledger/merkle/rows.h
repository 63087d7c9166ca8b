// Rows: sixteen neighbouring stored hashes of one height. A store that keeps every fourth height of
// the tree also keeps the hash that a row adds up to, four heights up. A proof can therefore be read
// and verified row by row.
#pragma once

#include <array>
#include <span>

#include "ledger/base/result.h"
#include "ledger/merkle/tree.h"

namespace varve::merkle {

inline constexpr std::uint32_t kRowHeight = 4;  // heights 0, 4, 8 ... are kept
inline constexpr std::uint32_t kRowWidth = 1u << kRowHeight;

/// A source of stored hashes, several at once.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// Hashes of one height, a multiple of kRowHeight, from `first` on.
  /// Errors: kNotFound  no tree is that high.  kBusy, kIo, kCorrupt  as the store says.
  [[nodiscard]] virtual Result<void> row(NodeId first, std::span<Hash> out) const = 0;
};

/// A complete subtree of at most four levels over a row, with all hashes from the row to its root.
/// Size: 1 KiB.
class SmallTree {
 public:
  /// Requires levels <= kRowHeight, and root.height - levels is a multiple of it.
  SmallTree(NodeId root, std::uint32_t levels) : root_(root), levels_(levels) {}

  [[nodiscard]] NodeId root() const { return root_; }
  [[nodiscard]] std::uint32_t levels() const { return levels_; }
  [[nodiscard]] NodeId first() const { return {root_.height - levels_, root_.index << levels_}; }
  /// What is to be filled in before hash_up().
  [[nodiscard]] std::span<Hash> row() { return std::span{nodes_}.first(width(0)); }
  /// The hash `level` levels above the row, 0 ... levels().
  [[nodiscard]] const Hash& at(std::uint32_t level, std::uint64_t position) const {
    return nodes_[offset(level) + position];
  }
  [[nodiscard]] const Hash& root_hash() const { return at(levels_, 0); }

 private:
  friend void hash_up(std::span<SmallTree* const> trees);
  [[nodiscard]] std::size_t width(std::uint32_t level) const {
    return std::size_t{1} << (levels_ - level);
  }
  [[nodiscard]] std::size_t offset(std::uint32_t level) const {
    return 2 * width(0) - 2 * width(level);
  }

  NodeId root_;
  std::uint32_t levels_;
  std::array<Hash, 2 * kRowWidth - 1> nodes_;
};

/// Hashes every tree from its row to its root: nodes of all of them at once, which is four
/// times as fast as one by one (lanes.h).
void hash_up(std::span<SmallTree* const> trees);

}  // namespace varve::merkle
