// Reading rows, hashing them together, and comparing from the top down.
#include "ledger/merkle/signed_edge.h"

#include <algorithm>

namespace varve::merkle {
namespace {

constexpr std::uint32_t kTopRow = 60;  // the highest multiple of kRowHeight below 64

Error do_not_lead(TreeSize n, NodeId where) {
  return corrupt("the stored hashes do not lead to the signed root of the tree of " +
                 std::to_string(n.value) + " records: those below hash " +
                 std::to_string(where.index) + " of height " + std::to_string(where.height));
}

std::vector<SmallTree*> all_of(std::vector<SmallTree>& trees) {
  std::vector<SmallTree*> out;
  for (SmallTree& tree : trees) out.push_back(&tree);
  return out;
}

/// Where the path from leaf `i` crosses a tree, `level` levels above its row.
std::uint64_t crossing(const SmallTree& tree, LeafIndex i, std::uint32_t level) {
  const std::uint64_t width = std::uint64_t{1} << (tree.levels() - level);
  return (i.value >> (tree.first().height + level)) & (width - 1);
}

void add_siblings(const SmallTree& tree, LeafIndex i, Proof& proof) {
  for (std::uint32_t level = 0; level < tree.levels(); ++level)
    proof.push_back(tree.at(level, crossing(tree, i, level) ^ 1));
}

/// The full rows from leaf `i` up to below height `top`, lowest first, each with all its hashes;
/// nothing of them is verified but those that the cache had.
struct Path {
  std::vector<SmallTree> trees;
  std::vector<SmallTree*> fresh;
};

Result<Path> read_path(LeafIndex i, std::uint32_t top, const RowReader& rows, RowCache& cache) {
  Path path;
  path.trees.reserve(top / kRowHeight);
  path.fresh.reserve(top / kRowHeight);
  for (std::uint32_t height = kRowHeight; height <= top; height += kRowHeight) {
    SmallTree& tree = path.trees.emplace_back(NodeId{height, i.value >> height}, kRowHeight);
    if (cache.find(tree)) continue;
    RETURN_IF_ERROR(rows.row(tree.first(), tree.row()));
    path.fresh.push_back(&tree);
  }
  hash_up(path.fresh);
  return path;
}

}  // namespace

Result<SignedEdge> SignedEdge::load(const SignedTree& tree, const RowReader& rows) {
  SignedEdge edge;
  edge.size_ = tree.size;
  for (std::uint32_t above = kTopRow + kRowHeight; above != 0; above -= kRowHeight) {
    const std::uint32_t height = above - kRowHeight;
    const std::uint64_t count = (tree.size.value >> height) % kRowWidth;  // beside the full rows
    if (count == 0) continue;
    std::uint64_t next = (tree.size.value >> height) - count;
    std::array<Hash, kRowWidth> row;
    RETURN_IF_ERROR(rows.row({height, next}, std::span{row}.first(count)));
    std::span<const Hash> left = row;
    for (std::uint32_t levels = kRowHeight; levels-- > 0;) {
      if ((count >> levels & 1) == 0) continue;
      SmallTree& peak = edge.peaks_.emplace_back(NodeId{height + levels, next >> levels}, levels);
      std::ranges::copy(left.first(peak.row().size()), peak.row().begin());
      left = left.subspan(peak.row().size());
      next += peak.row().size();
    }
  }
  hash_up(all_of(edge.peaks_));
  edge.from_here_.resize(edge.peaks_.size());
  for (std::size_t k = edge.peaks_.size(); k-- > 0;) {
    const Hash& peak = edge.peaks_[k].root_hash();
    edge.from_here_[k] =
        k + 1 == edge.peaks_.size() ? peak : node_hash(peak, edge.from_here_[k + 1]);
  }
  const Hash& root = edge.from_here_.empty() ? empty_root() : edge.from_here_.front();
  if (root != tree.root) return do_not_lead(tree.size, {kTopRow, 0});
  return edge;
}

std::size_t SignedEdge::peak_over(LeafIndex i) const {
  std::size_t k = 0;
  while ((peaks_[k].root().index + 1) << peaks_[k].root().height <= i.value) ++k;
  return k;
}

Result<LeafProof> SignedEdge::inclusion(LeafIndex i, const RowReader& rows, RowCache& cache) const {
  if (!contains(size_, i))
    return invalid("leaf " + std::to_string(i.value) + " is not in the tree of size " +
                   std::to_string(size_.value));
  const std::size_t peak = peak_over(i);
  const SmallTree& top = peaks_[peak];
  ASSIGN_OR_RETURN(const Path path, read_path(i, top.first().height, rows, cache));
  LeafProof out;
  out.leaf =
      top.at(0, crossing(top, i, 0));  // of the tree above the next row; in the end, of the leaf
  for (auto tree = path.trees.rbegin(); tree != path.trees.rend(); ++tree) {
    if (tree->root_hash() != out.leaf) return do_not_lead(size_, tree->root());
    out.leaf = tree->at(0, crossing(*tree, i, 0));
  }
  for (const SmallTree* tree : path.fresh) cache.keep(*tree);
  out.proof.reserve(top.root().height + peaks_.size());
  for (const SmallTree& tree : path.trees) add_siblings(tree, i, out.proof);
  add_siblings(top, i, out.proof);
  if (peak + 1 < peaks_.size()) out.proof.push_back(from_here_[peak + 1]);
  for (std::size_t k = peak; k-- > 0;) out.proof.push_back(peaks_[k].root_hash());
  return out;
}

}  // namespace varve::merkle
