// What is kept of a segment whose month's key is destroyed: the leaf hashes of its events, and its
// seals and control records whole. Made before the key goes; read when it is gone.
// docs/format/remains.md
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/secret.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {

// Remains, format 1, big-endian. Every later format begins with the same magic and its version, and ends with the
// same check.
//   off size field
//     0    8 magic    "VARVEREM"
//     8    2 version  1
//    10    2 zero
//    12    4 month    YYYYMM (UTC)
//    16    8 ordinal  of the segment
//    24    8 first    LeafIndex of its first record
//    32    8 count    of its records
//    40    8 made     microseconds since 1970 UTC: when the key was about to be destroyed
//    48      count entries as in a C2SP entry bundle, 2 length and: 32 bytes, the leaf hash of an
//            event; else a record, whole (no record is that short)
//   ...   32 check    SHA-256 of all before
inline constexpr std::uint16_t kRemainsVersion = 1;

struct Remains {
  std::uint32_t month = 0;
  std::uint64_t ordinal = 0;
  LeafIndex first;
  std::uint64_t made_us = 0;
  std::vector<Buffer> entries;  // leaf hashes and records
  /// Entry `k` as it stands in an entry bundle: the record, or a tombstone.
  [[nodiscard]] Buffer entry(std::size_t k) const;
  /// How many events there were.
  [[nodiscard]] std::uint64_t destroyed() const;
  /// The body of a frame with records [begin, begin + count) and no requests.
  /// Errors: kCorrupt  there are not so many.
  [[nodiscard]] Result<Buffer> frame_body(LeafIndex begin, std::uint64_t count) const;
};

Buffer encode_remains(const Remains& remains);
/// Errors: kCorrupt  not exactly what encode_remains writes.  kIo  of a later format (later_format.h).
Result<Remains> decode_remains(Bytes bytes);

inline constexpr const char* kRemainsFolder = "remains";
/// "remains/00000042"
std::string remains_path(std::uint64_t ordinal);

/// Errors: kNotFound  there are none.  kCorrupt  damaged, or of another segment.  kIo  also: of a later format.
Result<Remains> read_remains(const env::Filesystem& files, const SegmentHeader& header);
/// Whether remains of this month's segments are kept: it was disposed of, or that has begun.
/// Errors: kIo.
Result<bool> has_remains(const env::Filesystem& files, std::uint32_t month);
/// Why no key is made for such a month. Code: kWorm.
Error disposed_of(std::uint32_t month);
/// Reads the whole sealed segment and writes its remains, durable at return.
/// Errors: kCorrupt  the segment is not sealed, or damaged.  kFull, kIo.
///         kNotFound  it has a record that this program must know to say what may go.
Result<void> write_remains(env::Filesystem& files, const SegmentHeader& header,
                           env::SecretView data_key, std::uint64_t now_us);

/// Opens the records frames of a segment by its remains instead of its data key.
class RemainsOpener final : public FrameOpener {
 public:
  explicit RemainsOpener(const Remains& remains) : remains_(remains) {}
  [[nodiscard]] Result<Buffer> open(const RawFrame& frame, ByteOffset at) const override;

 private:
  const Remains& remains_;
};

}  // namespace varve::store
