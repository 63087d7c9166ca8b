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
//      32 check    SHA-256(32 identity, 8 number of the block, entries)
//   8 ordinal of each disposed segment, ascending: its requests are not in here
//   the last 112 bytes:
//       8 magic    "VARVEAPP"
//       8 version  2
//       8 ordinal  of the first segment
//       8 segments
//      32 root     of the log where these segments end
//       8 disposed how many
//       8 entries
//      32 check    SHA-256(the disposed ordinals, these 80 bytes)
//   identity: SHA-256(8 ordinal, 8 segments, 32 root, 8 each disposed ordinal)
inline constexpr std::size_t kAppendEntrySize = 32;
inline constexpr std::size_t kAppendBlockEntries = 31;
inline constexpr std::size_t kAppendBlockSize = 1024;
inline constexpr std::size_t kAppendTrailerSize = 112;
inline constexpr std::uint64_t kAppendFileVersion = 2;

/// What a file of appends/ was made from.
struct AppendsOf {
  LeafGroup group;
  Hash root;                            // of the log at the end of the group: no other log has it
  std::vector<std::uint64_t> disposed;  // ordinals, ascending: without the requests of these
};

struct AppendEntry {
  AppendKey key;
  AppendRow row;  // `first` as an index of the log
};

/// "appends/40-43"
std::string append_file_path(const LeafGroup& group);
/// The bytes that an entry has in the file of a group that begins with record `base`.
Buffer encode_append(const AppendEntry& entry, LeafIndex base);

/// Bytes that the file takes at the most.
constexpr std::uint64_t append_file_size_max(std::uint64_t entries, std::uint64_t segments) {
  return entries * kAppendEntrySize + (entries / kAppendBlockEntries + 1) * kHashSize +
         segments * sizeof(std::uint64_t) + kAppendTrailerSize;
}

/// A file that is open. Each block that is read is checked, so what rotted is an error and never an
/// answer. Thread: any.
class AppendFile {
 public:
  /// Reads its last bytes only.
  /// Errors: kNotFound  there is none.  kCorrupt  it is no such file, of another group, not as long
  ///         as it says, or cannot be read (read_derived.h).  kIo.
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
  /// Whether the requests of that segment were left out, as those of one that was disposed of.
  [[nodiscard]] bool has_disposed(std::uint64_t ordinal) const;
  [[nodiscard]] const AppendsOf& of() const { return of_; }
  [[nodiscard]] const LeafGroup& group() const { return of_.group; }
  /// An error about this file that says what to do.
  [[nodiscard]] Error altered(const std::string& what) const;

 private:
  AppendFile(std::unique_ptr<env::File> file, const LeafGroup& group)
      : file_(std::move(file)), of_{group, {}, {}} {}
  [[nodiscard]] Result<void> read_trailer();
  [[nodiscard]] Result<void> read_bytes(std::uint64_t at, MutableBytes out) const;
  [[nodiscard]] Result<Buffer> read_block(std::uint64_t number) const;

  std::unique_ptr<env::File> file_;
  AppendsOf of_;
  Hash identity_;
  std::uint64_t entries_ = 0;
};

/// Writes such a file under a temporary name, which it takes in the end.
class AppendFileWriter {
 public:
  /// Errors of all: kFull, kIo.
  static Result<AppendFileWriter> create(env::Filesystem& files, AppendsOf of);
  /// Requires the order of the file.
  Result<void> add(const AppendEntry& entry);
  /// Durable when it returns.
  Result<void> finish();
  [[nodiscard]] std::uint64_t entries() const { return entries_; }

 private:
  AppendFileWriter(env::Filesystem& files, std::unique_ptr<env::File> file, AppendsOf of);
  void end_block();
  Result<void> flush();

  env::Filesystem* files_;
  std::unique_ptr<env::File> file_;
  AppendsOf of_;
  Hash identity_;
  std::uint64_t entries_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t written_ = 0;  // bytes
  std::uint64_t synced_ = 0;   // of those
  Buffer block_;               // entries since the last whole block
  Buffer buffer_;              // blocks since the last write
};

}  // namespace varve::store
