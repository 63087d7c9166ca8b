// Encoding and decoding of catalogue rows.
#include "ledger/store/catalogue_rows.h"

#include <algorithm>
#include <utility>

#include "ledger/merkle/tree.h"

namespace varve::store {
namespace {

constexpr const char* kRebuild = ": delete the folder catalogue, it is made again at the next start";

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
