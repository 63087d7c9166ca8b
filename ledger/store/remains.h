// What is kept of a segment whose month's key is destroyed: the leaf hashes of its events, its seals
// and control records whole, and what its file says besides. Made before the key goes; read when it
// is gone. docs/format/remains.md
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/key_period.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/secret.h"
#include "ledger/store/segment_outline.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {

// Remains, format 2, big-endian. Every later format begins with the same magic and its version, and ends with the
// same check.
//   off size field
//     0    8 magic     "VARVEREM"
//     8    2 version   2
//    10    2 minutes   m, of the log's key period; 0: it is a month
//    12    4 month     YYYYMM (UTC), or the number of the key period
//    16    8 ordinal   of the segment
//    24    8 first     LeafIndex of its first record
//    32    8 count     of its records
//    40    8 made      microseconds since 1970 UTC: the log's reading when the key was to go
//    48    8 disposal  index of the record that disposes of the month
//    56      count entries as in a C2SP entry bundle, 2 length and: 32 bytes, the leaf hash of an
//            event; else a record, whole (no record is that short)
//   ...      outline   of the segment (segment_outline.h), from offset o on
//   ...    8 o
//   ...   32 check     SHA-256 of all before
//
// Format 1 has zeros at 10, and neither disposal nor outline nor o: the segment's file is still needed.
inline constexpr std::string_view kRemainsMagic = "VARVEREM";
inline constexpr std::uint16_t kRemainsVersion = 2;

/// What format 2 has and format 1 has not.
struct RemainsOfFile {
  std::uint16_t key_minutes = 0;
  LeafIndex disposal;
  SegmentOutline outline;
};

struct Remains {
  std::uint32_t month = 0;
  std::uint64_t ordinal = 0;
  LeafIndex first;
  std::uint64_t made_us = 0;
  std::vector<Buffer> entries;          // leaf hashes and records
  std::optional<RemainsOfFile> file{};  // nothing: format 1
  /// Entry `k` as it stands in an entry bundle: the record, or a tombstone.
  [[nodiscard]] Buffer entry(std::size_t k) const;
  /// How many events there were.
  [[nodiscard]] std::uint64_t destroyed() const;
  /// The body of a frame with records [begin, begin + count) and no requests.
  /// Errors: kCorrupt  there are not so many.
  [[nodiscard]] Result<Buffer> frame_body(LeafIndex begin, std::uint64_t count) const;
};

/// What remains say of themselves in front of their entries.
struct RemainsHead {
  KeyPeriod period;  // the month; of format 1 without a length, as of a locked log
  std::uint64_t ordinal = 0;
  LeafIndex first;
  std::uint64_t count = 0;
  std::uint64_t made_us = 0;
  std::optional<LeafIndex> disposal{};  // nothing: format 1
};
RemainsHead head_of(const Remains& remains);

Buffer encode_remains(const Remains& remains);
/// Errors: kCorrupt  not exactly what encode_remains writes.  kIo  of a later format (later_format.h).
Result<Remains> decode_remains(Bytes bytes);

inline constexpr const char* kRemainsFolder = "remains";
/// "remains/00000042"
std::string remains_path(std::uint64_t ordinal);
/// The ordinal of such a file name (without the folder). Errors: kInvalid  another name.
Result<std::uint64_t> parse_remains_name(std::string_view name);
/// Whether the file begins as remains of format 1. Errors: kCorrupt  it is cut short.  kIo.
Result<bool> begin_as_format_1(const env::File& remains);
/// What is said of remains that do not hold what they should.
Error damaged_remains(std::uint64_t ordinal);

/// Errors: kNotFound  there are none.  kCorrupt  damaged, or of another segment.  kIo  also: of a later format.
Result<Remains> read_remains(const env::Filesystem& files, const SegmentHeader& header);
/// Whether remains of this month's segments are kept: it was disposed of, or that has begun.
/// Errors: kIo.
Result<bool> has_remains(const env::Filesystem& files, std::uint32_t month);
/// Reads the head alone, without the check behind it: it may be damaged.
/// Errors: kCorrupt  they are cut short, or of another segment.  kNotFound.  kIo  also: of a later format.
Result<RemainsHead> read_remains_head(const env::Filesystem& files, std::uint64_t ordinal);
/// Why no key is made for such a month. Code: kWorm.
Error disposed_of(KeyPeriod period);
/// Asked between two steps of work that has time.
using GoesOn = std::function<Result<void>()>;
inline Result<void> always_goes_on() {
  return {};
}
/// Writes them, durable at return. Errors: kFull, kIo, and what `goes_on` returns, between parts.
Result<void> keep(env::Filesystem& files, const Remains& remains,
                  const GoesOn& goes_on = always_goes_on);
/// Reads the whole sealed segment and writes its remains, durable at return. Without a disposal, of a
/// month that no record disposes of, these are of format 1.
/// Between frames, and between parts of what it writes, it asks `goes_on`.
/// Errors: kCorrupt  the segment is not sealed, or damaged.  kFull, kIo, and what `goes_on` returns.
///         kNotFound  it has a record that this program must know to say what may go.
Result<void> write_remains(env::Filesystem& files, const SegmentHeader& header,
                           env::SecretView data_key, std::uint64_t now_us,
                           std::optional<LeafIndex> disposal = std::nullopt,
                           const GoesOn& goes_on = always_goes_on);
/// Writes remains of format 1 again, in format 2: whoever destroyed the key kept the segment's file.
/// Asks `goes_on` as write_remains() does.
/// Errors: kCorrupt  the file is not the segment's any more.  kFull, kIo, and as keep().
Result<void> complete_remains(env::Filesystem& files, Remains remains, LeafIndex disposal,
                              const GoesOn& goes_on = always_goes_on);

/// Whether a file has the segment's frames, or only remains do.
enum class FramesAre : std::uint8_t { kInTheFile, kGone };

/// Opens the records frames of a segment by its remains instead of its data key.
class RemainsOpener final : public FrameOpener {
 public:
  /// Requires remains of format 2 where the frames are gone.
  RemainsOpener(const Remains& remains, FramesAre frames) : remains_(remains), frames_(frames) {}
  [[nodiscard]] Result<Buffer> open(const RawFrame& frame, ByteOffset at) const override;
  [[nodiscard]] Result<Hash> stored_hash(const RawFrame& frame, ByteOffset at) const override;

 private:
  const Remains& remains_;
  const FramesAre frames_;
};

}  // namespace varve::store
