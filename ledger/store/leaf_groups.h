// Which files of leaves/ a log of so many sealed segments has: segments are taken together four by
// four, sixteen by sixteen and so on, as digits are carried. So there are few files however many
// segments there are, and which they are follows from the segments alone, not from when a file was
// written. Pure arithmetic.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ledger/base/types.h"

namespace varve::store {

/// The segments of one file of leaves/: [ordinal, ordinal + segments).
struct LeafGroup {
  std::uint64_t ordinal = 0;   // of its first segment; a multiple of `segments`
  std::uint64_t segments = 1;  // a power of four
  LeafIndex first;             // of its records
  std::uint64_t leaves = 0;    // how many
  bool operator==(const LeafGroup&) const = default;
};

/// Segments are not taken together beyond so many leaves: one file of 64 MiB, sorted in memory.
inline constexpr std::uint64_t kGroupLeavesMax = 1u << 23;

/// "42", or "40-43" of several: the name within leaves/.
std::string leaf_group_name(const LeafGroup& group);

/// The groups of a log whose sealed segments end at `ends`, in order: at most three of each power
/// of four and, beyond that, four for every `leaves_max` leaves.
std::vector<LeafGroup> leaf_groups(std::span<const LeafIndex> ends,
                                   std::uint64_t leaves_max = kGroupLeavesMax);

/// The four groups that were taken together in this one. Requires that it has several segments.
std::vector<LeafGroup> parts_of(const LeafGroup& group, std::span<const LeafIndex> ends);

}  // namespace varve::store
