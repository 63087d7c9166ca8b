// Writes one segment file, front to back, never twice at the same place.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/secret.h"
#include "ledger/store/frame_codec.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// Thread: one. Nothing it wrote is durable before sync() returns.
class SegmentWriter {
 public:
  /// Makes the file and its header durable:
  ///   openat(O_CREAT|O_EXCL) pwrite fdatasync fsync(segments/)
  /// Errors: kWorm  that segment exists.  kFull, kIo.
  static Result<std::unique_ptr<SegmentWriter>> create(env::Filesystem& files, SegmentHeader header,
                                                       env::SecretBytes data_key);

  /// pwrite. Body: frame_body.h. Errors: kFull, kIo; the file then ends in a torn tail.
  Result<FrameRef> write_records(LeafIndex first, std::uint32_t count, std::span<const Piece> body);
  Result<FrameRef> write_checkpoint(TreeSize size, std::string_view note);
  /// fdatasync. After an error: stop, recover from disk.
  Result<void> sync();
  /// Reads a records frame back from the file: what is signed is what was stored.
  [[nodiscard]] Result<Buffer> read_back(const FrameRef& frame) const;
  /// pwrite(footer) fdatasync fchmod FS_IOC_SETFLAGS. Returns whether the immutable flag took.
  Result<bool> seal(const SegmentFooter& footer);

  [[nodiscard]] const SegmentHeader& header() const { return header_; }
  [[nodiscard]] const env::SecretBytes& data_key() const { return data_key_; }
  [[nodiscard]] ByteOffset end() const { return end_; }
  /// What lies before it has been synced.
  [[nodiscard]] ByteOffset durable_end() const { return durable_end_; }
  [[nodiscard]] const Hash& chain() const { return chain_; }

 private:
  SegmentWriter(std::unique_ptr<env::File> file, SegmentHeader header, env::SecretBytes data_key);
  Result<FrameRef> write_frame(std::uint64_t first, const EncodedFrame& frame);

  std::unique_ptr<env::File> file_;
  SegmentHeader header_;
  env::SecretBytes data_key_;
  ByteOffset end_;
  ByteOffset durable_end_;
  Hash chain_;
};

/// Ends a segment whose last good frame ends at footer.valid_end and whose file ends at `at`:
/// the same sequence as SegmentWriter::seal, for recovery.
Result<bool> seal_segment(env::File& file, ByteOffset at, const SegmentFooter& footer);

}  // namespace varve::store
