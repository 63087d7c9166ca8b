// Files, as the ledger uses them. Each method is one system call or a fixed sequence of them, so
// that a simulation can fail or crash at every one. posix.cc is the one place with system calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::env {

/// Whether a reader may wait: a thread that serves many clients must not wait for a disk.
enum class Wait : std::uint8_t { kForNothing, kForTheDisk };

/// An open file. Thread: reads from any thread; writes from one.
class File {
 public:
  virtual ~File() = default;
  /// Fills `out` from `at`. Errors: kCorrupt  the file ends before.  kIo.
  [[nodiscard]] virtual Result<void> read(ByteOffset at, MutableBytes out) const = 0;
  /// As read() when all of it is in memory. Returns false when it is not, or that cannot be known: then
  /// read(), which may wait. Never waits itself.
  [[nodiscard]] virtual bool read_at_once(ByteOffset, MutableBytes) const { return false; }
  /// Writes all of `bytes`. On an error any part may have been written.
  /// Errors: kFull  no space or over quota.  kIo.
  virtual Result<void> write(ByteOffset at, Bytes bytes) = 0;
  /// fdatasync. After an error the content is unknown: never repeat it, recover from disk.
  virtual Result<void> sync() = 0;
  virtual Result<void> truncate(ByteOffset size) = 0;
  [[nodiscard]] virtual Result<ByteOffset> size() const = 0;
  /// Mode 0444, and FS_IMMUTABLE_FL where the file system and privileges allow.
  /// Returns whether the flag took.
  virtual Result<bool> make_immutable() = 0;
};

/// Held while it lives; released by the system when the process dies.
class Lock {
 public:
  virtual ~Lock() = default;
  /// Whether the names still lead to what is locked. Costs two stat calls.
  /// Errors: kWorm  the file or its directory was removed or replaced: whoever opens these names now
  ///                is not kept out.  kIo.
  [[nodiscard]] virtual Result<void> check() const = 0;
};

/// Paths are relative to the root the file system was opened with, with '/' between parts.
class Filesystem {
 public:
  virtual ~Filesystem() = default;
  /// Errors: kWorm  it exists already.  kFull, kIo.
  virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  /// Reading and writing; made empty when it does not exist.
  virtual Result<std::unique_ptr<File>> open_or_create(const std::string& path) = 0;
  /// Errors: kNotFound, kIo.
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open_read(const std::string& path) const = 0;
  /// Makes the directory durable in its parent; fine when it exists.
  virtual Result<void> make_directory(const std::string& path) = 0;
  /// Makes creations, renames and removals in this directory durable.
  virtual Result<void> sync_directory(const std::string& path) = 0;
  /// Plain file names, sorted. Errors: kNotFound, kIo.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& path) const = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// The same of a file that make_immutable() made so.
  virtual Result<void> remove_sealed(const std::string& path) { return this->remove(path); }
  /// Locks the file `path`, made when it does not exist, and the directory that holds it: a name can
  /// be removed and made again, a directory in use cannot. So one lock a directory.
  /// Errors: kWorm  another process holds one of them.  kIo  the file system cannot lock.
  virtual Result<std::unique_ptr<Lock>> lock(const std::string& path) = 0;
  /// Bytes an unprivileged writer can still use.
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() const = 0;
  /// The path as the system knows it; for LMDB, which does its own I/O. Empty in a simulation.
  [[nodiscard]] virtual std::string system_path(const std::string& path) const = 0;
};

}  // namespace varve::env
