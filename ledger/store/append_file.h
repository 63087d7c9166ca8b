// Was this appended before, and where is it? One sorted file for the appends of a segment, or of
// several: its bytes. Which files there are: ledger/store/append_files.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/leaf_groups.h"
#include "ledger/store/segment_facts.h"

namespace varve::store {

// A file of appends/, big-endian. docs/format/derived.md
//
//   blocks of 1,024 bytes, the last one as long as it has to be:
//     31 entries, sorted by their bytes; the last block has what is left
//          12 key      fingerprint of the append's key
//          12 content  fingerprint of its root or hash
//           4 number   of its first record within the file's segments
//           1 kind     1 a sealed batch, 2 a request with an Idempotency-Key
//           3 count    of its records
//      32 check    SHA-256(8 ordinal, 8 segments, 8 disposed, 8 number of the block, entries)
//   the last 80 bytes:
//       8 magic    "VARVEAPP"
//       8 version  1
//       8 ordinal  of the first segment
//       8 segments
//       8 disposed segments, of those: they have remains, and their requests are not in here
//       8 entries
//      32 check    SHA-256 of these before
inline constexpr std::size_t kAppendEntrySize = 32;
inline constexpr std::size_t kAppendBlockEntries = 31;
inline constexpr std::size_t kAppendBlockSize = 1024;
inline constexpr std::size_t kAppendTrailerSize = 80;
inline constexpr std::uint64_t kAppendFileVersion = 1;

struct AppendEntry {
  AppendKey key;
  AppendRow row;  // `first` as an index of the log
};

/// "appends/40-43"
std::string append_file_path(const LeafGroup& group);
/// The bytes that an entry has in the file of a group that begins with record `base`.
Buffer encode_append(const AppendEntry& entry, LeafIndex base);

/// Bytes that the file takes at the most.
constexpr std::uint64_t append_file_size_max(std::uint64_t entries) {
  return entries * kAppendEntrySize + (entries / kAppendBlockEntries + 1) * kHashSize +
         kAppendTrailerSize;
}

/// A file that is open. Each block that is read is checked, so what rotted is an error and never an
/// answer. Thread: any.
class AppendFile {
 public:
  /// Reads its last bytes only.
  /// Errors: kNotFound  there is none.  kCorrupt  it is no such file, of another group, or not as
  ///         long as it says.  kIo.
  static Result<std::shared_ptr<const AppendFile>> open(const env::Filesystem& files,
                                                        const LeafGroup& group);

  /// Cost: about three reads of 1 KiB, found by the fingerprints' even spread.
  /// Errors: kNotFound  it is not in here.  kCorrupt  a block was altered.  kIo.
  [[nodiscard]] Result<AppendRow> find(const AppendKey& key) const;

  /// Errors: kCorrupt  the block was altered.  kIo.
  [[nodiscard]] Result<std::vector<AppendEntry>> block(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t blocks() const {
    return (entries_ + kAppendBlockEntries - 1) / kAppendBlockEntries;
  }
  [[nodiscard]] std::uint64_t entries() const { return entries_; }
  [[nodiscard]] std::uint64_t disposed() const { return disposed_; }
  [[nodiscard]] const LeafGroup& group() const { return group_; }

 private:
  AppendFile(std::unique_ptr<env::File> file, const LeafGroup& group)
      : file_(std::move(file)), group_(group) {}
  [[nodiscard]] Result<void> read_trailer();
  [[nodiscard]] Result<Buffer> read_block(std::uint64_t number) const;
  [[nodiscard]] Error altered(const std::string& what) const;

  std::unique_ptr<env::File> file_;
  const LeafGroup group_;
  std::uint64_t entries_ = 0;
  std::uint64_t disposed_ = 0;
};

/// Writes such a file under a temporary name, which it takes in the end.
class AppendFileWriter {
 public:
  /// Errors of all: kFull, kIo.
  static Result<AppendFileWriter> create(env::Filesystem& files, const LeafGroup& group,
                                         std::uint64_t disposed);
  /// Requires the order of the file.
  Result<void> add(const AppendEntry& entry);
  /// Durable when it returns.
  Result<void> finish();

 private:
  AppendFileWriter(env::Filesystem& files, std::unique_ptr<env::File> file, const LeafGroup& group,
                   std::uint64_t disposed)
      : files_(&files), file_(std::move(file)), group_(group), disposed_(disposed) {}
  void end_block();
  Result<void> flush();

  env::Filesystem* files_;
  std::unique_ptr<env::File> file_;
  LeafGroup group_;
  std::uint64_t disposed_;
  std::uint64_t entries_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t written_ = 0;  // bytes
  Buffer block_;               // entries since the last whole block
  Buffer buffer_;              // blocks since the last write
};

}  // namespace varve::store
