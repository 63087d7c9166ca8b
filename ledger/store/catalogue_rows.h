// The bytes of the catalogue's keys and rows. Big-endian keys, so that LMDB's order is theirs.
// docs/format/derived.md
#pragma once

#include <string_view>

#include "ledger/base/codec.h"
#include "ledger/store/catalogue.h"

namespace varve::store {

// table        key                        row
// segments     8 last LeafIndex           8 ordinal, 8 first, 8 end
// ordinals     8 ordinal                  8 first, 8 end (segments without records too)
// checkpoints  8 tree size                8 ordinal, 8 offset of the frame
// batches      8 source, 8 sequence       8 first, 4 count, 32 root
// requests     32 key                     32 content, 8 first, 4 count
// meta         "mark"                     8 next ordinal, 8 size, 32 root, 32 chain
// meta         "state"                    the ledger's state (ledger/log/ledger_state.h)
// meta         "format"                   4 version
//
// LMDB keeps no checksums: each row but the format is followed by the first eight bytes of
// SHA-256(table || 0 || key || row), so that a bit that rots is found and not believed.
inline constexpr std::uint32_t kCatalogueVersion = 2;
inline constexpr std::size_t kRowCheckSize = 8;

Buffer with_check(std::string_view table, Bytes key, Bytes row);
/// The row without its check. Errors: kCorrupt  row, key or check were altered.
Result<Bytes> checked_row(std::string_view table, Bytes key, Bytes stored);

inline Buffer key_of(std::uint64_t v) {
  Buffer out;
  ByteWriter(out).u64(v);
  return out;
}
inline Buffer key_of(const BatchKey& k) {
  Buffer out;
  ByteWriter(out).u64(k.source.value).u64(k.sequence);
  return out;
}

Buffer encode_row(const SegmentRow& row);
Buffer encode_row(const BatchRow& row);
Buffer encode_row(const RequestRow& row);
Buffer encode_row(const Mark& mark);
Buffer encode_row(std::uint64_t ordinal, ByteOffset at);

// Errors: kCorrupt  the row has the wrong length.
Result<SegmentRow> decode_segment_row(Bytes row);
Result<BatchRow> decode_batch_row(Bytes row);
Result<RequestRow> decode_request_row(Bytes row);
Result<Mark> decode_mark(Bytes row);
Result<CheckpointPlace> decode_checkpoint_row(Bytes key, Bytes row);

}  // namespace varve::store
