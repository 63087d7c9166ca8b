// How a segment is opened: by its data key, or by its remains when its key was destroyed.
#pragma once

#include <memory>
#include <optional>

#include "ledger/store/append_files.h"
#include "ledger/store/data_keys.h"
#include "ledger/store/remains.h"

namespace varve::store {

/// Whether `why`, the answer to a request for the segment's data key, is settled: the key is gone,
/// and remains may take its place. While a token is away, or the file with the month's keys is
/// damaged, the segment may still be readable.
/// Errors: `why`, when it is not settled.  kCorrupt  the month's file is damaged.  kIo.
Result<void> expect_gone(const env::Filesystem& files, const SegmentHeader& header,
                         const Error& why);

/// Where the key of that segment is: gone with its file. Unknown also when the segment or its month's file is damaged.
/// Errors: kIo  trouble with the disk.
Result<KeyIs> where_key_is(const env::Filesystem& files, env::KeyVault& vault,
                           std::uint64_t ordinal);

/// Where the segment's file is gone, its remains are all there is, whatever a token has.
class SegmentDecryptor {
 public:
  /// Errors: kNotFound, kCorrupt  neither the key nor remains are there.  Others as
  /// DataKeys::get, expect_gone and read_remains.
  static Result<SegmentDecryptor> of(const env::Filesystem& files, DataKeys& keys,
                                     const SegmentHeader& header);

  /// The same, with the key asked of the token anew and kept nowhere else.
  static Result<SegmentDecryptor> anew(const env::Filesystem& files, env::KeyVault& vault,
                                       const SegmentHeader& header);

  /// The same, with what the token answered.
  static Result<SegmentDecryptor> with(const env::Filesystem& files, const SegmentHeader& header,
                                       Result<env::SecretBytes> key);

  [[nodiscard]] const FrameOpener& get() const { return *opener_; }
  /// Null when the segment is read by its data key.
  [[nodiscard]] const Remains* remains() const { return remains_.get(); }

 private:
  static Result<SegmentDecryptor> without_key(const env::Filesystem& files,
                                              const SegmentHeader& header, Error why);
  static Result<SegmentDecryptor> by_remains(const env::Filesystem& files,
                                             const SegmentHeader& header, FramesAre frames);

  std::optional<PinnedKey> pinned_;  // the data key, or
  env::SecretBytes own_;             // the same, or
  std::unique_ptr<const Remains> remains_;
  std::unique_ptr<const FrameOpener> opener_;  // over one of them
};

/// The leaf hashes of a frame's entries: of records their own, of tombstones the one that they
/// carry.
/// Errors: kInvalid  a tombstone that is none.
Result<std::vector<Hash>> leaves_of(const std::vector<Bytes>& entries);

}  // namespace varve::store
