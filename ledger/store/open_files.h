// How many files a log has open, from the numbers that its parts keep to. varved counts with it
// before it gives connections the descriptors that are left.
#pragma once

#include <cstdint>

#include "ledger/store/hash_files.h"

namespace varve::store {

/// Segments that readers keep open.
inline constexpr std::uint64_t kSegmentsKept = 64;
/// Segments that a start reads before their files of appends are taken together; each is open until
/// then. Afterwards there are eighteen at most for any number of segments below 4^6.
inline constexpr std::uint64_t kAppendFilesMax = 64;

/// At most, while it serves. KNOWN: on a disk that is full for weeks files of appends are not taken
/// together, and each segment has one of its own.
inline constexpr std::uint64_t kOpenFilesMax = HashFiles::kHeights + kSegmentsKept +
                                               kAppendFilesMax + 2 +  // the lock and its directory
                                               3 +  // LMDB: its file twice, its lock
                                               2 +  // the segment that grows, and the next one
                                               4 +  // what the scrub and the recorder read
                                               3;   // counts, marks and footers: one at a time each

}  // namespace varve::store
