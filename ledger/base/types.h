// The numbers of a ledger as types that do not mix: a position is not a count, and neither is an
// offset in a file. tests/base/types_compile_fail.cc proves that mixing them does not compile.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "ledger/base/bytes.h"

namespace varve {

template <class Tag>
struct Ordinal {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const Ordinal&) const = default;
};

using LeafIndex = Ordinal<struct LeafIndexTag>;    // position of one record: 0 <= i < size
using TreeSize = Ordinal<struct TreeSizeTag>;      // number of records: 0 is the empty tree
using ByteOffset = Ordinal<struct ByteOffsetTag>;  // position in a file, in bytes
using SourceId = Ordinal<struct SourceIdTag>;      // who sent a record; 0 is the log itself

constexpr bool contains(TreeSize n, LeafIndex i) {
  return i.value < n.value;
}

/// The index that the next appended record gets.
constexpr LeafIndex end_of(TreeSize n) {
  return LeafIndex{n.value};
}

/// The size of the tree that ends just before index `i`.
constexpr TreeSize size_before(LeafIndex i) {
  return TreeSize{i.value};
}

inline constexpr std::size_t kHashSize = 32;

/// A SHA-256 value.
struct Hash {
  std::array<std::byte, kHashSize> bytes{};
  auto operator<=>(const Hash&) const = default;
  [[nodiscard]] Bytes view() const { return bytes; }
};

}  // namespace varve
