// A frame body on its way to disk and back: zstd where it helps, then AES-256-GCM under the
// segment's own data key.
#pragma once

#include <span>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/env/secret.h"
#include "ledger/store/segment_format.h"

namespace varve::store {

inline constexpr std::size_t kDataKeySize = 32;
inline constexpr std::size_t kTagSize = 16;  // of AES-GCM, and of plain frames

/// A frame as it lies in the file, in one buffer, so that one write takes it without a copy.
struct EncodedFrame {
  Buffer bytes;
  [[nodiscard]] Bytes header() const { return Bytes{bytes}.first(kFrameHeaderSize); }
  [[nodiscard]] Bytes stored() const { return Bytes{bytes}.subspan(kFrameHeaderSize); }
};

/// A part of a records body. zstd frames one behind the other are as good as one, so a large batch
/// is compressed by the thread that received it: there are several of those, and one that commits.
struct Piece {
  Buffer plain;
  Buffer compressed;  // one zstd frame; empty: not compressed yet
};
inline constexpr std::size_t kCompressAlone = 16u
                                              << 10;  // a smaller piece goes with its neighbours

/// As one zstd frame. Thread: any.
Buffer compress(Bytes plain);

/// Encrypts a records body. The nonce is the frame's offset: a data key belongs to one segment
/// file, and no offset of it is ever written twice, so no nonce ever repeats.
/// Requires: header.first, count and previous are set; the lengths and flags are set here.
EncodedFrame seal_records(FrameHeader header, std::span<const Piece> body, env::SecretView data_key,
                          ByteOffset at);

/// A checkpoint or footer frame: the body, then the first 16 bytes of
/// SHA-256(frame header || body), which tell a torn frame from a whole one.
EncodedFrame plain_frame(FrameHeader header, Bytes body);

/// The body of a plain frame; a view into `stored`. Errors: kCorrupt  torn or altered.
Result<Bytes> open_plain(Bytes header_bytes, Bytes stored);

/// The body of a records frame.
/// Errors: kCorrupt  altered, moved to another place, or under another key.
Result<Buffer> open_records(const FrameHeader& header, Bytes header_bytes, Bytes stored,
                            env::SecretView data_key, ByteOffset at);

}  // namespace varve::store
