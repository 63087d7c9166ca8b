// What replaces an event whose month key was destroyed: everything about it that was public, so that
// the tree, its proofs and its source's chain still verify. docs/format/remains.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

// Tombstone, format 2, big-endian. Never in a frame and never hashed: it takes the record's place in
// entry bundles. A record begins with its version, which is not 0.
//   off size field
//     0    4 magic      0, "TM2"
//     4    4 month      YYYYMM (UTC), or the number of the key period
//     8    8 segment    ordinal
//    16    8 disposal   index of the record that disposes of the month
//    24   32 leaf       hash of the record that was here
//    56    2 minutes    m, of the log's key period; 0: it is a month
// Format 1 ends behind the leaf, has 0, "TMB" at 0, and at 16 when the key was destroyed, in microseconds
// since 1970 UTC: of a month that no record disposes of, or that an earlier version destroyed.
struct Tombstone {
  std::uint32_t month = 0;
  std::uint64_t segment = 0;
  std::uint64_t destroyed_us = 0;  // of format 1, else 0
  Hash leaf;
  std::optional<LeafIndex> disposal{};  // of format 2
  std::uint16_t key_minutes = 0;        // of format 2
  bool operator==(const Tombstone&) const = default;
};

Buffer encode_tombstone(const Tombstone& tombstone);
/// Whether an entry claims to be one: it begins with a 0.
bool is_tombstone(Bytes entry);
/// Errors: kInvalid  not exactly what encode_tombstone writes.
Result<Tombstone> decode_tombstone(Bytes entry);

/// "segment 3 cannot be read: record 400731 disposes of 2026-11". Of format 1: set key_minutes first.
std::string explain(const Tombstone& tombstone);

}  // namespace varve::format
