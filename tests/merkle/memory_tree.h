// A tree kept in memory, and a naive reference of RFC 6962 that shares no code with the ledger's.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "ledger/merkle/proof.h"
#include "ledger/merkle/tree.h"

namespace varve::merkle {

/// Every completed subtree, as the frontier reported it.
class MemoryTree final : public NodeSink, public HashReader {
 public:
  /// Leaf i is the hash of the text "leaf <i>".
  explicit MemoryTree(std::uint64_t size) {
    while (frontier.size().value < size) grow();
  }

  void grow() {
    const Hash leaf = leaf_hash(bytes_of("leaf " + std::to_string(leaves.size())));
    leaves.push_back(leaf);
    frontier.append(leaf, this);
  }

  void completed(NodeId id, const Hash& hash) override { nodes.emplace(id, hash); }

  [[nodiscard]] Result<Hash> node(NodeId id) const override {
    const auto it = nodes.find(id);
    if (it == nodes.end()) return not_found("no such subtree");
    return it->second;
  }

  [[nodiscard]] std::span<const Hash> first(std::uint64_t n) const {
    return std::span{leaves}.first(n);
  }

  Frontier frontier;
  std::vector<Hash> leaves;
  std::map<NodeId, Hash> nodes;
};

namespace reference {

using Leaves = std::span<const Hash>;

/// The largest power of two smaller than n.
inline std::size_t split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/// MTH. RFC 6962 section 2.1
inline Hash root(Leaves d) {
  if (d.empty()) return sha256({});
  if (d.size() == 1) return d[0];
  const std::size_t k = split(d.size());
  return node_hash(root(d.first(k)), root(d.subspan(k)));
}

/// PATH. RFC 6962 section 2.1.1
inline Proof path(std::size_t m, Leaves d) {
  if (d.size() == 1) return {};
  const std::size_t k = split(d.size());
  Proof p = m < k ? path(m, d.first(k)) : path(m - k, d.subspan(k));
  p.push_back(m < k ? root(d.subspan(k)) : root(d.first(k)));
  return p;
}

/// SUBPROOF. RFC 6962 section 2.1.2
inline Proof subproof(std::size_t m, Leaves d, bool whole) {
  if (m == d.size()) return whole ? Proof{} : Proof{root(d)};
  const std::size_t k = split(d.size());
  Proof p = m <= k ? subproof(m, d.first(k), whole) : subproof(m - k, d.subspan(k), false);
  p.push_back(m <= k ? root(d.subspan(k)) : root(d.first(k)));
  return p;
}

/// The subtrees beside leaves [a, b), left to right. docs/format/proof.md
inline Proof beside(std::size_t a, std::size_t b, Leaves d) {
  if (b <= 0 || a >= d.size()) return {root(d)};
  if (a == 0 && b >= d.size()) return {};
  const std::size_t k = split(d.size());
  Proof p = a < k ? beside(a, b < k ? b : k, d.first(k)) : Proof{root(d.first(k))};
  const Proof q =
      b > k ? beside(a > k ? a - k : 0, b - k, d.subspan(k)) : Proof{root(d.subspan(k))};
  p.insert(p.end(), q.begin(), q.end());
  return p;
}

}  // namespace reference
}  // namespace varve::merkle
