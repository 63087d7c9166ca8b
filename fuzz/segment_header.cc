// Segment headers: what is decoded encodes to exactly the same bytes; what follows is not looked at.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/store/segment_format.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  auto header = store::decode_segment_header(in);
  if (!header) return false;
  CHECK(header->size <= in.size());
  CHECK(store::encode_segment_header(*header) == to_buffer(in.first(header->size)));
  return true;
}

std::vector<Buffer> seeds() {
  store::SegmentHeader header;
  header.month = 202611;
  header.ordinal = 3;
  header.first = LeafIndex{42};
  header.label = "varve/test/2026-11";
  header.wrapped_key = Buffer(40, std::byte{7});
  Buffer plain = store::encode_segment_header(header);
  Buffer with_a_tail = plain;
  append(with_a_tail, bytes_of("VFRM"));
  header.label.clear();
  header.wrapped_key.clear();
  Buffer bare = store::encode_segment_header(header);
  header.key_minutes = 60;
  return {plain, with_a_tail, bare, store::encode_segment_header(header)};
}

}  // namespace varve::fuzz
