// Encoding and decoding of catalogue rows.
#include "ledger/store/catalogue_rows.h"

#include <utility>

namespace varve::store {
namespace {

template <class Row>
Result<Row> whole(const ByteReader& in, Row row) {
  if (!in.at_end()) return corrupt("a catalogue row has the wrong length: rebuild the catalogue");
  return row;
}

}  // namespace

Buffer encode_row(const SegmentRow& row) {
  Buffer out;
  ByteWriter(out).u64(row.ordinal).u64(row.first.value).u64(row.end.value);
  return out;
}

Buffer encode_row(const BatchRow& row) {
  Buffer out;
  ByteWriter(out).u64(row.first.value).u32(row.count).hash(row.root);
  return out;
}

Buffer encode_row(const RequestRow& row) {
  Buffer out;
  ByteWriter(out).hash(row.content).u64(row.first.value).u32(row.count);
  return out;
}

Buffer encode_row(const Mark& mark) {
  Buffer out;
  ByteWriter(out).u64(mark.next_ordinal).u64(mark.size.value).hash(mark.root).hash(mark.chain);
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

Result<BatchRow> decode_batch_row(Bytes bytes) {
  ByteReader in(bytes);
  BatchRow row;
  row.first.value = in.u64();
  row.count = in.u32();
  row.root = in.hash();
  return whole(in, row);
}

Result<RequestRow> decode_request_row(Bytes bytes) {
  ByteReader in(bytes);
  RequestRow row;
  row.content = in.hash();
  row.first.value = in.u64();
  row.count = in.u32();
  return whole(in, row);
}

Result<Mark> decode_mark(Bytes bytes) {
  ByteReader in(bytes);
  Mark mark;
  mark.next_ordinal = in.u64();
  mark.size.value = in.u64();
  mark.root = in.hash();
  mark.chain = in.hash();
  return whole(in, mark);
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
