// What a segment's file says without its records: header, frame headers, hashes of what the records
// frames hold, checkpoints and footer. Remains have it, so that the file may go. docs/format/remains.md
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/store/segment_format.h"
#include "ledger/store/segment_reader.h"

namespace varve::store {

// Outline, a part of remains of format 2, big-endian.
//    2 h        length of the segment's header, then the header
//    4 f        frames, then f times: the frame header (64) and: of a records frame the SHA-256 of
//               its stored bytes (32), of a checkpoint frame its stored bytes
//    8 footer   offset of the footer frame in the segment's file, then that frame, whole
// At most kOutlineMax bytes: of more frames than 1 GiB of segment can have.
inline constexpr std::uint64_t kOutlineMax = 1u << 30;

class SegmentOutline {
 public:
  /// A records frame, whose stored bytes are gone, or a checkpoint frame.
  struct Frame {
    ByteOffset at;  // in the segment's file
    FrameHeader header;
    Buffer header_bytes;
    Hash stored_hash;  // of a records frame
    Buffer stored;     // of a checkpoint frame
    bool operator==(const Frame& other) const;
  };

  /// Is given each records frame on the way, so that nobody reads the file a second time. Only at the end it is
  /// known whether the frames are those that the footer names.
  using OnRecords = std::function<Result<void>(const RawFrame& frame, ByteOffset at)>;
  /// Of a sealed segment. Errors: kNotFound  it is not sealed.  kCorrupt  its chain is broken.  kIo, and what
  ///         `on_records` returns.
  static Result<SegmentOutline> of(const env::File& segment, const OnRecords& on_records);
  [[nodiscard]] Buffer encode() const;
  /// Errors: kCorrupt  not exactly what encode() writes, or its chain or footer contradicts it.
  static Result<SegmentOutline> decode(Bytes bytes);

  [[nodiscard]] const SegmentHeader& header() const { return header_; }
  [[nodiscard]] const std::vector<Frame>& frames() const { return frames_; }
  [[nodiscard]] ByteOffset footer_at() const { return footer_at_; }
  [[nodiscard]] const SegmentFooter& footer() const { return footer_; }
  /// Of the segment's file, in bytes.
  [[nodiscard]] ByteOffset file_size() const;
  /// SHA-256 of the stored bytes of the records frame at that offset.
  /// Errors: kCorrupt  no such frame is there.
  [[nodiscard]] Result<Hash> stored_hash(ByteOffset at) const;
  /// Whole parts of the file that are kept, in their order, each with its offset.
  struct Part {
    ByteOffset at;
    Bytes bytes;  // a view into the outline
  };
  [[nodiscard]] std::vector<Part> parts() const;

 private:
  Result<void> check() const;

  SegmentHeader header_;
  Buffer header_bytes_;
  std::vector<Frame> frames_;
  ByteOffset footer_at_;
  SegmentFooter footer_;
  Buffer footer_bytes_;  // its frame, and the trailer
};

/// The segment's file as it was, with zeros where the stored bytes of its records frames were, and
/// where a torn tail was. Whoever reads it front to back takes the hashes of what is gone from the
/// outline (RemainsOpener). It cannot be written to.
std::unique_ptr<env::File> file_of(SegmentOutline outline);

}  // namespace varve::store
