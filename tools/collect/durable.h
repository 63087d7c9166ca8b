// Files that appear whole or not at all. Everything the collector keeps is written this way, so a
// kill at any moment leaves either what was there before or what was meant to be there.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::collect {

/// First half: open(path.tmp), write, fdatasync. Nothing of `path` has changed yet, so after an
/// error it may be repeated. Errors: kFull, kIo.
Result<void> write_temporary(env::Filesystem& files, const std::string& path, Bytes bytes);

/// Second half: rename(path.tmp, path), fsync(directory). After an error nobody knows which of the
/// two is on disk: stop, and recover from disk. Errors: kIo (kFull is reported as kIo too).
Result<void> publish_temporary(env::Filesystem& files, const std::string& path);

/// Both halves. Durable when it returns.
Result<void> write_durably(env::Filesystem& files, const std::string& path, Bytes bytes);

/// Errors: kNotFound, kIo, kInvalid  larger than `most` bytes.
Result<Buffer> read_whole(const env::Filesystem& files, const std::string& path, std::size_t most);

/// Whether the file can be opened. Errors: kIo.
Result<bool> exists(const env::Filesystem& files, const std::string& path);

}  // namespace varve::collect
