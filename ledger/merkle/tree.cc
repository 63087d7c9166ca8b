// Hashing of leaves and nodes, and the frontier: a binary counter whose digits are subtree roots.
#include "ledger/merkle/tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "ledger/merkle/lanes.h"
#include "ledger/merkle/sha256.h"

namespace varve::merkle {
namespace {

constexpr std::array kLeafPrefix{std::byte{0x00}};
constexpr std::byte kNodePrefix{0x01};

/// The parents of a row of an even number of nodes.
std::vector<Hash> parents_of(std::span<const Hash> row) {
  std::vector<Hash> parents(row.size() / 2);
  std::array<Bytes, kLanes> pairs;
  for (std::size_t done = 0; done < parents.size();) {
    const std::size_t n = std::min(kLanes, parents.size() - done);
    for (std::size_t i = 0; i < n; ++i)  // two hashes side by side are what is hashed
      pairs[i] = std::as_bytes(row.subspan(2 * (done + i), 2));
    sha256_each(kNodePrefix, std::span{pairs}.first(n), std::span{parents}.subspan(done, n));
    done += n;
  }
  return parents;
}
static_assert(sizeof(Hash) == kHashSize);

}  // namespace

Hash leaf_hash(Bytes record) {
  return sha256_of({Bytes{kLeafPrefix}, record});
}

std::vector<Hash> leaf_hashes(std::span<const Bytes> records) {
  std::vector<Hash> leaves(records.size());
  sha256_each(kLeafPrefix[0], records, leaves);
  return leaves;
}

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<std::byte, 1 + 2 * kHashSize> message;  // one update is faster than three
  message[0] = kNodePrefix;
  std::ranges::copy(left.bytes, message.begin() + 1);
  std::ranges::copy(right.bytes, message.begin() + 1 + kHashSize);
  return sha256_of({Bytes{message}});
}

Hash sha256(Bytes bytes) {
  return sha256_of({bytes});
}

const Hash& empty_root() {
  static const Hash kEmpty = sha256({});
  return kEmpty;
}

Result<Frontier> Frontier::load(TreeSize size, const HashReader& hashes) {
  Frontier frontier;
  frontier.size_ = size;
  std::uint64_t left = size.value;
  while (left != 0) {
    const auto height = static_cast<std::uint32_t>(std::bit_width(left) - 1);
    const std::uint64_t before = size.value - left;
    ASSIGN_OR_RETURN(const Hash hash, hashes.node({height, before >> height}));
    frontier.complete_.push_back(hash);
    left -= std::uint64_t{1} << height;
  }
  return frontier;
}

void Frontier::append(const Hash& leaf, NodeSink* sink) {
  CHECK(size_.value != std::numeric_limits<std::uint64_t>::max());
  NodeId id{0, size_.value};
  Hash hash = leaf;
  if (sink != nullptr) sink->completed(id, hash);
  while ((id.index & 1) != 0) {
    hash = node_hash(complete_.back(), hash);
    complete_.pop_back();
    id = {id.height + 1, id.index >> 1};
    if (sink != nullptr) sink->completed(id, hash);
  }
  complete_.push_back(hash);
  ++size_.value;
}

void Frontier::append_all(std::span<const Hash> leaves, NodeSink* sink) {
  CHECK(leaves.size() <= std::numeric_limits<std::uint64_t>::max() - size_.value);
  std::vector<Hash> row(leaves.begin(), leaves.end());
  std::vector<Hash> edge;  // of the grown tree, smallest first
  std::uint64_t first = size_.value;
  for (std::uint32_t height = 0; !row.empty(); ++height, first >>= 1) {
    for (std::size_t i = 0; sink != nullptr && i < row.size(); ++i)
      sink->completed({height, first + i}, row[i]);
    if ((first & 1) != 0) {  // its left sibling waits at the edge
      row.insert(row.begin(), complete_.back());
      complete_.pop_back();
    }
    if (row.size() % 2 != 0) {
      edge.push_back(row.back());
      row.pop_back();
    }
    row = parents_of(row);
  }
  complete_.insert(complete_.end(), edge.rbegin(), edge.rend());
  size_.value += leaves.size();
}

Hash Frontier::root() const {
  if (complete_.empty()) return empty_root();
  Hash hash = complete_.back();
  for (std::size_t i = complete_.size() - 1; i != 0; --i) hash = node_hash(complete_[i - 1], hash);
  return hash;
}

Hash root_of(std::span<const Hash> leaves) {
  Frontier frontier;
  frontier.append_all(leaves);
  return frontier.root();
}

}  // namespace varve::merkle
