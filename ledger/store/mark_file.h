// A high-water mark in a file apart from the log's data: two slots that are written in turn, so
// that a torn write leaves the other one. docs/format/mark.md
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/high_water_mark.h"

namespace varve::store {

// Slot, format 1, big-endian. Slot 0 at byte 0, slot 1 at byte 4096. The last letter of the magic counts the formats:
// a slot of format 2 begins with "VARVEMRL", and has the same size, with the check at the same place.
//   off size field
//     0    8 magic     "VARVEMRK"
//     8    8 number    of the write, from 0; write n goes to slot n % 2, the higher one counts
//    16   32 log       SHA-256 of the log's origin
//    48    8 size      records
//    56   32 root      of the tree of `size` records
//    88   32 check     SHA-256 of the 88 bytes before
inline constexpr std::size_t kMarkSlotSize = 120;
inline constexpr std::uint64_t kMarkSlotStride = 4096;  // no two slots in one block of a disk

struct MarkSlot {
  std::uint64_t number = 0;
  env::Mark mark;
};

Buffer encode_mark_slot(const MarkSlot& slot);
/// Errors: kCorrupt  not a whole slot.  kIo  of a later format (later_format.h).
Result<MarkSlot> decode_mark_slot(Bytes bytes);

/// `path` in `files` holds the mark of one log; the file is made by the first write.
/// `files` outlives what is returned.
std::unique_ptr<env::HighWaterMark> mark_file(env::Filesystem& files, std::string path);

}  // namespace varve::store
