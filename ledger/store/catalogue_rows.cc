// Encoding and decoding of catalogue rows.
#include "ledger/store/catalogue_rows.h"

#include <algorithm>
#include <utility>

#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

constexpr const char* kRebuild =
    ": delete the folder catalogue, it is made again at the next start";

template <class Row>
Result<Row> whole(const ByteReader& in, Row row) {
  if (!in.at_end()) return corrupt(std::string("a catalogue row has the wrong length") + kRebuild);
  return row;
}

Hash check_of(std::string_view table, Bytes key, Bytes row) {
  Buffer all = to_buffer(bytes_of(table));
  all.push_back(std::byte{0});
  append(all, key);
  append(all, row);
  return merkle::sha256(all);
}

}  // namespace

void add_format_row(CatalogueRows& rows) {
  Buffer version;
  ByteWriter(version).u32(kCatalogueVersion);
  rows[kMetaTable][to_buffer(bytes_of("format"))] = std::move(version);
}

void add_segment_rows(CatalogueRows& rows, const SegmentFacts& facts) {
  const auto put = [&rows](CatalogueTable table, std::uint64_t number, Bytes row) {
    const Buffer key = key_of(number);
    rows[table].try_emplace(key, with_check(kCatalogueTableNames[table], key, row));
  };
  const SegmentRow& row = facts.row;
  if (row.first < row.end) put(kSegmentsTable, row.end.value - 1, encode_row(row));
  put(kOrdinalsTable, row.ordinal, encode_row(row));
  if (facts.checkpoints.empty()) return;
  const FrameRef& newest = facts.checkpoints.back();
  put(kCheckpointsTable, newest.first, encode_row(row.ordinal, newest.at));
}

void set_position_rows(CatalogueRows& rows, const CataloguePosition& position, Bytes state) {
  const auto put = [&rows](std::string_view name, Bytes row) {
    rows[kMetaTable][to_buffer(bytes_of(name))] =
        with_check(kCatalogueTableNames[kMetaTable], bytes_of(name), row);
  };
  put("mark", encode_row(position));
  put("state", state);
}

Buffer with_check(std::string_view table, Bytes key, Bytes row) {
  Buffer out = to_buffer(row);
  append(out, check_of(table, key, row).view().first(kRowCheckSize));
  return out;
}

Result<Bytes> checked_row(std::string_view table, Bytes key, Bytes stored) {
  const std::size_t size = stored.size() - std::min(stored.size(), kRowCheckSize);
  const Bytes row = stored.first(size);
  const Hash check = check_of(table, key, row);
  if (!std::ranges::equal(stored.subspan(size), check.view().first(kRowCheckSize)))
    return corrupt(std::string("a row of the catalogue was altered") + kRebuild);
  return row;
}

Buffer encode_row(const SegmentRow& row) {
  Buffer out;
  ByteWriter(out).u64(row.ordinal).u64(row.first.value).u64(row.end.value);
  return out;
}

Buffer encode_row(const CataloguePosition& position) {
  Buffer out;
  ByteWriter(out)
      .u64(position.next_ordinal)
      .u64(position.size.value)
      .hash(position.root)
      .hash(position.chain);
  return out;
}

Buffer encode_row(std::uint64_t ordinal, ByteOffset at) {
  Buffer out;
  ByteWriter(out).u64(ordinal).u64(at.value);
  return out;
}

Result<SegmentRow> decode_segment_row(Bytes bytes) {
  ByteReader in(bytes);
  SegmentRow row;
  row.ordinal = in.u64();
  row.first.value = in.u64();
  row.end.value = in.u64();
  return whole(in, row);
}

Result<CataloguePosition> decode_position(Bytes bytes) {
  ByteReader in(bytes);
  CataloguePosition position;
  position.next_ordinal = in.u64();
  position.size.value = in.u64();
  position.root = in.hash();
  position.chain = in.hash();
  return whole(in, position);
}

Result<CheckpointPlace> decode_checkpoint_row(Bytes key, Bytes bytes) {
  ByteReader in(bytes);
  ByteReader key_in(key);
  CheckpointPlace place;
  place.size.value = key_in.u64();
  place.ordinal = in.u64();
  place.at.value = in.u64();
  return whole(in, place);
}

}  // namespace varve::store
