// Where a segment's frames stop being whole: did a crash tear its tail, or is something damaged
// that was promised? The checkpoints that are still found behind that place tell.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/env/filesystem.h"
#include "ledger/format/checkpoint.h"

namespace varve::recovery {

/// Checkpoints of this log in whole frames behind the bad place. `good` is the size of the tree
/// before it.
enum class Behind : std::uint8_t {
  kNone,     // a checkpoint was written last of all, or never
  kCovered,  // of one size, which is at most `good`: written behind frames of the next group, and
             // maybe never synced
  kBeyond,   // one of more records than `good`: those were durable before it was signed
  kSeveral,  // of two sizes or more: between two of them was an fdatasync
};

/// The rule. `at_checkpoint`: what is bad begins like a checkpoint. One lies behind it, so an
/// fdatasync lay between these two.
struct TornOrDamaged {
  Behind behind;
  bool at_checkpoint;
  bool damaged;
};
// clang-format off
inline constexpr std::array kTornOrDamaged = {
    //            behind            at_checkpoint  damaged
    TornOrDamaged{Behind::kNone,    false,         false},
    TornOrDamaged{Behind::kNone,    true,          false},
    TornOrDamaged{Behind::kCovered, false,         false},
    TornOrDamaged{Behind::kCovered, true,          true},
    TornOrDamaged{Behind::kBeyond,  false,         true},
    TornOrDamaged{Behind::kBeyond,  true,          true},
    TornOrDamaged{Behind::kSeveral, false,         true},
    TornOrDamaged{Behind::kSeveral, true,          true},
};
// clang-format on

/// Applies the rule to what is bad at `from`. `origin` is the log's.
/// Errors: as found_checkpoints().
Result<bool> is_damage(const env::File& file, ByteOffset from, const std::string& origin,
                       TreeSize good);

/// The checkpoints, of whichever log, in the whole frames that lie anywhere behind `from`. Their
/// signatures do not matter: the keys may be in the damaged part, and nothing but a commit writes
/// one. Errors: kIo.
Result<std::vector<format::Checkpoint>> found_checkpoints(const env::File& file, ByteOffset from);

/// The largest size that those of the log `origin` speak of; 0 when there is none.
/// Errors: as found_checkpoints().
Result<TreeSize> promised_size(const env::File& file, ByteOffset from, const std::string& origin);

}  // namespace varve::recovery
