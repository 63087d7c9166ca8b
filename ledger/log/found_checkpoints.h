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

/// The largest size that those of the log `origin` speak of; 0 when there is none.
/// Errors: as found_checkpoints().
Result<TreeSize> promised_size(const env::File& file, ByteOffset from, const std::string& origin);

}  // namespace varve::log
