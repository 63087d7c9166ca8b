// Which leaf has this hash? One sorted file for the leaves of a segment, or of several: its bytes.
// Which files there are: ledger/store/leaf_lookups.h.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

// A file of leaves/: 8 bytes a leaf, sorted: 4 the first bytes of its hash, 4 its number within the
// file's segments; both big-endian. docs/format/derived.md
inline constexpr std::size_t kLeafEntrySize = 8;

/// Reads leaf hashes [first, first + count), 32 bytes each.
using ReadLeaves = std::function<Result<Buffer>(LeafIndex first, std::uint64_t count)>;

/// Makes a file's bytes. Memory: 8 bytes a leaf.
class LeafLookup {
 public:
  /// The file of leaves [first, first + count), which are read a megabyte at a time. Cost: a sort.
  /// Errors: those of `leaves`.
  static Result<LeafLookup> of(const ReadLeaves& leaves, LeafIndex first, std::uint64_t count);
  [[nodiscard]] Bytes bytes() const;

 private:
  std::vector<std::uint64_t> entries_;  // as in the file
};

/// Whether the file is what LeafLookup makes of these leaves. Memory: 4 bytes a leaf. Cost: no
/// sort. Errors: those of `leaves`.  kIo  the file cannot be read.
Result<bool> is_leaf_lookup_of(const env::File& file, const ReadLeaves& leaves, LeafIndex first,
                               std::uint64_t count);

struct LeafEntry {
  std::uint32_t prefix = 0;  // the first bytes of a leaf's hash
  std::uint32_t number = 0;  // of that leaf within the file's segments
};

/// The entries that may be of `leaf`, and the one on either side of them. The caller compares each
/// with the leaf that it names: when all of them are true, then the leaf is none of the others,
/// even if some of those rotted and misled the search.
/// Cost: about log2(n/512) reads of 4 KiB.
/// Errors: kCorrupt  the file has not `count` entries.  kIo.
Result<std::vector<LeafEntry>> look_up_leaf(const env::File& file, std::uint64_t count,
                                            const Hash& leaf);
/// Of a leaf with that hash.
std::uint32_t leaf_prefix(const Hash& leaf);

}  // namespace varve::store
