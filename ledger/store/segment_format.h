// The bytes of a segment file: header, frames, footer. Pure encoding and decoding; who writes
// and reads them is segment_writer and segment_scan. docs/format/segment.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/base/key_period.h"
#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::store {

// Segment header, format 1, and format 2 of draft logs, big-endian. Written once, synced before the first frame.
// Every later format begins with the same magic and its version, has both lengths at the same places, and its sum
// behind as many bytes, over all before: whatever else it has is within the label and the wrapped key.
//   off size field
//     0    8 magic     "VARVESEG"
//     8    2 version   1; in a draft log 2
//    10    2 wrapped   w, length of the wrapped data key
//    12    4 month     YYYYMM (UTC) whose key-encryption key wraps the data key; never goes back. In
//                      format 2 the number of the key period
//    16    8 ordinal   number of the segment in its log, from 0; also its file name
//    24    8 first     LeafIndex of the first record
//    32    8 created   microseconds since 1970 UTC; never goes back
//    40   32 origin    SHA-256 of the log's origin
//    72   32 previous  chain value at the end of the segment before; zeros in segment 0
//   104    2 label     l, length of the key label
//   106    2 zero      in format 2 m, the minutes of a key period: 1 to 44640
//   108    l label     of the key-encryption key
// 108+l    w wrapped data key
//   ...   32 chain     SHA-256 of all bytes before; the chain value the first frame continues
inline constexpr std::uint16_t kSegmentVersion = 1;
inline constexpr std::uint16_t kDraftSegmentVersion = 2;
inline constexpr std::size_t kSegmentHeaderFixed = 108;
inline constexpr std::size_t kLabelMax = 255;
inline constexpr std::size_t kWrappedKeyMax = 512;
inline constexpr std::size_t kSegmentHeaderMax =
    kSegmentHeaderFixed + kLabelMax + kWrappedKeyMax + kHashSize;

struct SegmentHeader {
  std::uint32_t month = 0;        // in a draft log the number of the key period
  std::uint16_t key_minutes = 0;  // of a draft log's key periods; 0: the log's are months
  std::uint64_t ordinal = 0;
  LeafIndex first;
  std::uint64_t created_us = 0;
  Hash origin;
  Hash previous;
  std::string label;
  Buffer wrapped_key;
  Hash chain;            // set by decode and by encode
  std::size_t size = 0;  // bytes of the encoded header; set by decode and by encode
  [[nodiscard]] KeyPeriod period() const { return {month, key_minutes}; }
};

Buffer encode_segment_header(SegmentHeader& header);
/// `bytes` may run on behind the header.
/// Errors: kCorrupt  not a header of format 1 or 2, cut short, or its hash disagrees.  kIo  of a later format
/// with a good hash (later_format.h).
Result<SegmentHeader> decode_segment_header(Bytes bytes);

// Frame header, big-endian. Written once, never rewritten. The stored bytes follow it.
//   off size field
//     0    4 magic        "VFRM"; anything else ends the scan
//     4    1 type         see FrameType
//     5    1 compression  0 none, 1 zstd
//     6    2 zero
//     8    4 stored       length of the stored bytes that follow
//    12    4 body         length of the body before compression and encryption
//    16    8 first        records: LeafIndex of the first; checkpoint, footer: the tree size
//    24    4 count        records in the frame; 0 in other types
//    28    4 zero
//    32   32 previous     chain value after the frame before, or the segment header's
inline constexpr std::size_t kFrameHeaderSize = 64;
inline constexpr std::uint32_t kFrameStoredMax = 48u << 20;
static_assert(kFrameHeaderSize == 64, "on disk since format 1; a change needs format 2");

enum class FrameType : std::uint8_t {
  kRecords = 1,  // body: frame_body.h; compressed where that helps, then AES-256-GCM
  kCheckpoint =
      2,        // body: a signed note, not encrypted: it is public, and outlives disposed records
  kFooter = 3,  // body: SegmentFooter, not encrypted
};

struct FrameHeader {
  FrameType type = FrameType::kRecords;
  bool compressed = false;
  std::uint32_t stored_length = 0;
  std::uint32_t body_length = 0;
  std::uint64_t first = 0;
  std::uint32_t count = 0;
  Hash previous;
};

Buffer encode_frame_header(const FrameHeader& header);
/// Errors: kCorrupt  not exactly what encode_frame_header writes.
Result<FrameHeader> decode_frame_header(Bytes bytes);
/// The chain value after a frame: SHA-256(header || SHA-256(stored bytes)).
Hash chain_after(Bytes frame_header, Bytes stored);
Hash chain_after(Bytes frame_header, const Hash& stored);  // SHA-256 of these

// Where a frame is: of records, `first` is the LeafIndex of the first one in it; of a checkpoint,
// the tree size.
struct FrameRef {
  std::uint64_t first = 0;
  ByteOffset at;
  auto operator<=>(const FrameRef&) const = default;
};

// Body of the footer frame, which ends a sealed segment; big-endian.
//    8 end        LeafIndex after the last record
//    8 valid end  offset behind the last good frame; from there to the footer lies a torn tail
//   32 chain      chain value behind the last good frame
//   32 root       of the log's tree at `end`
//    4 f          records frames, then f times: 8 first, 8 offset
//    4 c          checkpoint frames, then c times: 8 tree size, 8 offset
// Trailer, the last 16 bytes of the file: "VARVEEND", 8 offset of the footer frame.
inline constexpr std::size_t kTrailerSize = 16;

struct SegmentFooter {
  LeafIndex end;
  ByteOffset valid_end;
  Hash chain;
  Hash root;
  std::vector<FrameRef> frames;
  std::vector<FrameRef> checkpoints;
};

Buffer encode_footer(const SegmentFooter& footer);
/// Errors: kCorrupt  not exactly what encode_footer writes.
Result<SegmentFooter> decode_footer(Bytes body);

Buffer encode_trailer(ByteOffset footer_at);
Result<ByteOffset> decode_trailer(Bytes bytes);

/// "segments/00000042.seg"
std::string segment_path(std::uint64_t ordinal);
/// The ordinal of such a file name (without the folder). Errors: kInvalid  another name.
Result<std::uint64_t> parse_segment_name(std::string_view name);

}  // namespace varve::store
