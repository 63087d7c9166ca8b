// The RFC 6962 hash tree: how leaves and nodes are hashed, and the growing edge of a log.
// Pure: no I/O, no clock, no allocation that depends on untrusted input.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::merkle {

/// SHA-256(0x00 || record). Source: RFC 6962 section 2.1
Hash leaf_hash(Bytes record);
/// The leaf hash of each record, several at once: up to four times as fast, see lanes.h.
std::vector<Hash> leaf_hashes(std::span<const Bytes> records);
/// SHA-256(0x01 || left || right). Source: RFC 6962 section 2.1
Hash node_hash(const Hash& left, const Hash& right);
/// SHA-256 of nothing: the root of the empty tree.
const Hash& empty_root();
/// SHA-256 of `bytes`, no prefix. For everything that is hashed but is not a tree node.
Hash sha256(Bytes bytes);

/// A complete subtree: the hash over leaves [index << height, (index + 1) << height).
struct NodeId {
  std::uint32_t height = 0;  // 0 is a leaf
  std::uint64_t index = 0;
  auto operator<=>(const NodeId&) const = default;
};

/// Where hashes of complete subtrees come from: hash files, tiles fetched over HTTP, memory.
class HashReader {
 public:
  virtual ~HashReader() = default;
  /// Errors: kNotFound  that subtree is not complete yet.  kIo, kCorrupt  as the store says.
  [[nodiscard]] virtual Result<Hash> node(NodeId id) const = 0;
};

/// Told of each subtree that an append completes: of one height from left to right.
class NodeSink {
 public:
  virtual ~NodeSink() = default;
  virtual void completed(NodeId id, const Hash& hash) = 0;
};

/// The right edge of a tree of n leaves: the roots of its maximal complete subtrees, largest
/// first; at most 64 hashes. Enough to append for ever and to know the root at each size.
class Frontier {
 public:
  Frontier() = default;

  /// The frontier of the tree of `size` leaves, from stored hashes.
  static Result<Frontier> load(TreeSize size, const HashReader& hashes);

  /// Cost: amortised 1 node hash. `sink` may be null.
  void append(const Hash& leaf, NodeSink* sink = nullptr);
  /// As append() of each, level by level, which hashes several nodes at once.
  void append_all(std::span<const Hash> leaves, NodeSink* sink = nullptr);

  [[nodiscard]] TreeSize size() const { return size_; }
  /// Roots of the maximal complete subtrees, largest first: what load() needs to begin again.
  [[nodiscard]] const std::vector<Hash>& complete() const { return complete_; }
  /// Cost: at most 63 node hashes.
  [[nodiscard]] Hash root() const;

 private:
  TreeSize size_;
  std::vector<Hash> complete_;
};

/// Root over exactly these leaves. Cost: n - 1 node hashes.
Hash root_of(std::span<const Hash> leaves);

}  // namespace varve::merkle
