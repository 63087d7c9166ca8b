// Which leaf has this hash? One small sorted file per sealed segment: leaves/<ordinal>.
// Derived, like the hash files: made at sealing, made again when it is missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

// leaves/<ordinal>: 8 bytes a leaf, sorted: 4 the first bytes of its hash, 4 its number within
// the segment; both big-endian.
inline constexpr std::size_t kLeafEntrySize = 8;

/// The file's bytes. `leaves` are a segment's leaf hashes, 32 bytes each, in order. Cost: a sort.
Buffer encode_leaf_lookup(Bytes leaves);
/// Whether these bytes are what encode_leaf_lookup makes. Cost: no sort.
bool is_leaf_lookup_of(Bytes file, Bytes leaves);
/// Durable when it returns. Errors: kFull, kIo.
Result<void> write_leaf_lookup(env::Filesystem& files, std::uint64_t ordinal, Bytes leaves);

std::string leaf_lookup_path(std::uint64_t ordinal);

/// Numbers within the segment of the leaves whose hash may be `leaf`: the caller compares.
/// Cost: about log2(n/512) reads of 4 KiB. Errors: kNotFound  the file is missing.  kCorrupt, kIo.
Result<std::vector<std::uint32_t>> look_up_leaf(const env::Filesystem& files,
                                                std::uint64_t ordinal, const Hash& leaf);

}  // namespace varve::store
