// Frame headers: what is decoded encodes to exactly the same bytes.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/store/segment_format.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto header = store::decode_frame_header(in);
  if (!header) return false;
  CHECK(store::encode_frame_header(*header) == to_buffer(in));
  return true;
}

std::vector<Buffer> seeds() {
  const store::FrameHeader records{store::FrameType::kRecords, true, 100, 300, 42, 3, {}};
  const store::FrameHeader checkpoint{store::FrameType::kCheckpoint, false, 200, 200, 45, 0, {}};
  const store::FrameHeader footer{store::FrameType::kFooter, false, 88, 88, 45, 0, {}};
  return {store::encode_frame_header(records), store::encode_frame_header(checkpoint),
          store::encode_frame_header(footer)};
}

}  // namespace varve::fuzz
