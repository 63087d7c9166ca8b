// Small files that are read whole and replaced whole.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::store {

/// Errors: kNotFound, kIo.
Result<Buffer> read_whole(const env::Filesystem& files, const std::string& path);

/// Written beside it (`path`.tmp), synced, renamed over it, the folder synced: interrupted anywhere,
/// the old file is there or the new one. Its folder exists. Errors: kFull, kIo.
Result<void> replace_whole(env::Filesystem& files, const std::string& path, Bytes bytes);

}  // namespace varve::store
