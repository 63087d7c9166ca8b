// Reads segment files: one frame at a known place, a sealed segment's footer, or a whole segment
// front to back (recovery and audit).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/secret.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

/// A frame as it lies in the file; its body is not opened.
struct RawFrame {
  FrameHeader header;
  Buffer header_bytes;
  Buffer stored;
  [[nodiscard]] ByteOffset end(ByteOffset at) const {
    return ByteOffset{at.value + header_bytes.size() + stored.size()};
  }
};

/// Errors: kCorrupt  no whole frame begins at `at` or it runs past `limit`.  kIo.
Result<RawFrame> read_frame(const env::File& file, ByteOffset at, ByteOffset limit);

/// The body of the records frame at `at`. Errors: kCorrupt, kIo.
Result<Buffer> read_records(const env::File& file, ByteOffset at, ByteOffset limit,
                            env::SecretView data_key);

/// The note of the checkpoint frame at `at`. Errors: kCorrupt, kIo.
Result<std::string> read_checkpoint(const env::File& file, ByteOffset at);

Result<SegmentHeader> read_segment_header(const env::File& file);

struct FooterPlace {
  SegmentFooter footer;
  ByteOffset at;  // of the footer frame
};

/// Errors: kNotFound  the segment is not sealed.  kCorrupt  its footer is damaged.  kIo.
Result<FooterPlace> read_footer(const env::File& file);
/// Whether it ends with a whole footer. Errors: kIo.
Result<bool> has_footer(const env::File& file);

/// Told of every good frame, in order. An error stops the scan and is returned from it.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  virtual Result<void> records(const FrameRef& ref, const FrameHeader& header, Buffer body) = 0;
  virtual Result<void> checkpoint(const FrameRef& ref, const std::string& note) = 0;
};

struct Scan {
  ByteOffset valid_end;       // behind the last good frame
  Hash chain;                 // chain value there
  bool sealed = false;        // a good footer ends the file
  std::optional<Error> tear;  // why the first bad frame is bad; none: the file ends cleanly
};

/// How the body of a records frame is had.
class FrameOpener {
 public:
  virtual ~FrameOpener() = default;
  /// Errors: kCorrupt  altered, moved to another place, or under another key.
  [[nodiscard]] virtual Result<Buffer> open(const RawFrame& frame, ByteOffset at) const = 0;
  /// SHA-256 of the stored bytes, which continues the chain. Errors: kCorrupt  nothing says it.
  [[nodiscard]] virtual Result<Hash> stored_hash(const RawFrame& frame, ByteOffset at) const;
};

/// By the segment's data key, which outlives it.
class KeyOpener final : public FrameOpener {
 public:
  explicit KeyOpener(env::SecretView data_key) : data_key_(data_key) {}
  [[nodiscard]] Result<Buffer> open(const RawFrame& frame, ByteOffset at) const override;

 private:
  const env::SecretView data_key_;
};

/// With two, one reads, decrypts and decompresses a few frames ahead of the sink, which is always called
/// on the caller's thread. The outcome is the same; a simulation needs the one.
enum class ScanOn : std::uint8_t { kOneThread, kTwoThreads };

/// Reads every frame, checks the chain, opens every body.
/// Errors: kIo, and what the sink returns. Damage is not an error here: see Scan::tear.
Result<Scan> scan_segment(const env::File& file, const SegmentHeader& header,
                          const FrameOpener& opener, ScanSink& sink,
                          ScanOn threads = ScanOn::kOneThread);

/// Every checkpoint frame that seems to begin in [from, end of file), whether or not the frames
/// before it are good. Nothing is verified: the caller checks the notes' signatures.
Result<std::vector<std::string>> find_checkpoints(const env::File& file, ByteOffset from);

}  // namespace varve::store
