// What replaces an event whose month key was destroyed: everything about it that was public, so that
// the tree, its proofs and its source's chain still verify. docs/format/remains.md
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

// Tombstone, format 1, big-endian. Never in a frame and never hashed: it takes the record's place in
// entry bundles. A record begins with its version, which is not 0.
//   off size field
//     0    4 magic      0, "TMB"
//     4    4 month      YYYYMM (UTC) whose key was destroyed
//     8    8 segment    ordinal
//    16    8 destroyed  microseconds since 1970 UTC
//    24   32 leaf       hash of the record that was here
inline constexpr std::size_t kTombstoneSize = 56;

struct Tombstone {
  std::uint32_t month = 0;
  std::uint64_t segment = 0;
  std::uint64_t destroyed_us = 0;
  Hash leaf;
  bool operator==(const Tombstone&) const = default;
};

Buffer encode_tombstone(const Tombstone& tombstone);
/// Whether an entry claims to be one: it begins with a 0.
bool is_tombstone(Bytes entry);
/// Errors: kInvalid  not exactly what encode_tombstone writes.
Result<Tombstone> decode_tombstone(Bytes entry);

/// "segment 3 cannot be read: key of month 2026-11 destroyed on 2027-12-02T08:00:00Z"
std::string explain(const Tombstone& tombstone);

}  // namespace varve::format
