// Segment footers: what is decoded encodes to exactly the same bytes.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/store/segment_format.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto footer = store::decode_footer(in);
  if (!footer) return false;
  CHECK(store::encode_footer(*footer) == to_buffer(in));
  return true;
}

std::vector<Buffer> seeds() {
  store::SegmentFooter footer;
  const Buffer empty = store::encode_footer(footer);
  footer.end = LeafIndex{9};
  footer.valid_end = ByteOffset{4'096};
  footer.frames = {{0, ByteOffset{300}}, {4, ByteOffset{900}}};
  footer.checkpoints = {{4, ByteOffset{700}}};
  return {empty, store::encode_footer(footer)};
}

}  // namespace varve::fuzz
