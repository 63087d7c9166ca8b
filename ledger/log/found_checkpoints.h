// What a damaged segment still says that was promised: the checkpoints that can be found in it.
#pragma once

#include <string>
#include <vector>

#include "ledger/env/filesystem.h"
#include "ledger/format/checkpoint.h"

namespace varve::log {

/// The checkpoints, of whichever log, in the whole frames that lie anywhere behind `from`. Their
/// signatures do not matter: the keys may be in the damaged part, and nothing but a commit writes one.
/// Errors: kIo.
Result<std::vector<format::Checkpoint>> found_checkpoints(const env::File& file, ByteOffset from);

/// Whether what is bad at `from` is damage: it was durable, and something behind it was promised. Else it
/// is what a crash tore. `good` is the tree of the frames before it. Between two checkpoints lies an
/// fdatasync, so two of them behind it, or one behind a bad one, tell as much as one of more records.
/// Errors: as found_checkpoints().
Result<bool> is_damage(const env::File& file, ByteOffset from, const std::string& origin,
                       TreeSize good);

/// The largest size that those of the log `origin` speak of; 0 when there is none.
/// Errors: as found_checkpoints().
Result<TreeSize> promised_size(const env::File& file, ByteOffset from, const std::string& origin);

}  // namespace varve::log
