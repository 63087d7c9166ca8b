// Files that appear whole or not at all: small ones, read and replaced as a whole. A kill at any
// moment leaves either what was there before or what was meant to be there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"

namespace varve::env {

/// More than this is synced part by part, so that nobody waits for a disk that takes all of it.
inline constexpr std::uint64_t kSyncedAtOnce = 8u << 20;

/// `path`.tmp, empty and fresh: what a kill or a stranger left under the name, a link for instance,
/// is removed and not written through. Errors: kFull, kIo.
Result<std::unique_ptr<File>> create_temporary(Filesystem& files, const std::string& path);

/// First half: open(path.tmp, O_CREAT | O_EXCL), write, fdatasync. Nothing of `path` has changed yet,
/// so after an error it may be repeated. Errors: kFull, kIo.
Result<void> write_temporary(Filesystem& files, const std::string& path, Bytes bytes);

/// Second half: rename(path.tmp, path), fsync(directory). After an error nobody knows which of the
/// two is on disk: stop, and recover from disk. Errors: kIo (kFull is reported as kIo too).
Result<void> publish_temporary(Filesystem& files, const std::string& path);

/// Both halves. Durable when it returns. Its folder exists.
Result<void> write_durably(Filesystem& files, const std::string& path, Bytes bytes);

/// The same of a file that has time, beside others that must not wait for it: it goes to the disk in parts of
/// kPartMax, and `between` is called behind each but the last. Errors: also what that returns.
inline constexpr std::uint64_t kPartMax = 1u << 20;
using BetweenParts = std::function<Result<void>()>;
Result<void> write_giving_way(Filesystem& files, const std::string& path, Bytes bytes,
                              const BetweenParts& between);

/// Renames `path` to `kept`, in place of what is there, durably: what nobody understands is not written over.
/// Both are in one folder. Errors: kIo.
Result<void> keep_aside(Filesystem& files, const std::string& path, const std::string& kept);

/// Errors: kNotFound, kIo, kInvalid  larger than `most` bytes.
Result<Buffer> read_whole(const Filesystem& files, const std::string& path, std::size_t most);

/// Whether the file can be opened. Errors: kIo.
Result<bool> exists(const Filesystem& files, const std::string& path);

}  // namespace varve::env
