// The bytes of the catalogue's keys and rows. Big-endian keys, so that LMDB's order is theirs.
// docs/format/derived.md
#pragma once

#include <array>
#include <string_view>

#include "ledger/base/codec.h"
#include "ledger/store/catalogue.h"

namespace varve::store {

// table        key                        row
// segments     8 last LeafIndex           8 ordinal, 8 first, 8 end
// ordinals     8 ordinal                  the same (segments without records too)
// checkpoints  8 tree size                8 ordinal, 8 offset of the frame: a segment's last one
// meta         "mark"                     8 next ordinal, 8 size, 32 root, 32 chain
// meta         "state"                    the ledger's state (ledger/log/ledger_state.h)
// meta         "format"                   4 version
//
// LMDB keeps no checksums: each row but the format is followed by the first eight bytes of
// SHA-256(table || 0 || key || row), so that a bit that rots is found and not believed.
inline constexpr std::uint32_t kCatalogueVersion = 3;
inline constexpr std::size_t kRowCheckSize = 8;

enum CatalogueTable : unsigned { kMetaTable, kSegmentsTable, kOrdinalsTable, kCheckpointsTable };
inline constexpr std::array<const char*, kCatalogueTables> kCatalogueTableNames = {
    "meta", "segments", "ordinals", "checkpoints"};

/// What a catalogue without segments holds.
void add_format_row(CatalogueRows& rows);
/// What a sealed segment adds to it; of a checkpoint that is there already the first place stays.
void add_segment_rows(CatalogueRows& rows, const SegmentFacts& facts);
/// What the last one leaves.
void set_position_rows(CatalogueRows& rows, const CataloguePosition& position, Bytes state);

Buffer with_check(std::string_view table, Bytes key, Bytes row);
/// The row without its check. Errors: kCorrupt  row, key or check were altered.
Result<Bytes> checked_row(std::string_view table, Bytes key, Bytes stored);

inline Buffer key_of(std::uint64_t v) {
  Buffer out;
  ByteWriter(out).u64(v);
  return out;
}

Buffer encode_row(const SegmentRow& row);
Buffer encode_row(const CataloguePosition& position);
Buffer encode_row(std::uint64_t ordinal, ByteOffset at);

// Errors: kCorrupt  the row has the wrong length.
Result<SegmentRow> decode_segment_row(Bytes row);
Result<CataloguePosition> decode_position(Bytes row);
Result<CheckpointPlace> decode_checkpoint_row(Bytes key, Bytes row);

}  // namespace varve::store
