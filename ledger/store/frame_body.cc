// Encoding and decoding of the body of a records frame.
#include "ledger/store/frame_body.h"

#include "ledger/base/codec.h"
#include "ledger/format/batch.h"

namespace varve::store {

Buffer encode_requests(const std::vector<Request>& requests) {
  Buffer out;
  out.reserve(4 + requests.size() * kRequestSize);
  ByteWriter w(out);
  w.u32(static_cast<std::uint32_t>(requests.size()));
  for (const Request& r : requests) w.hash(r.key).hash(r.content).u64(r.first.value).u32(r.count);
  return out;
}

Result<FrameBody> decode_frame_body(Bytes body, std::uint32_t count) {
  ByteReader in(body);
  const std::uint32_t requests = in.u32();
  if (!in.ok() || requests > in.rest().size() / kRequestSize)
    return corrupt("frame body is damaged: its request table is cut short");
  FrameBody out;
  out.requests.resize(requests);
  for (Request& r : out.requests) {
    r.key = in.hash();
    r.content = in.hash();
    r.first.value = in.u64();
    r.count = in.u32();
  }
  auto records = format::split_bundle(in.rest(), count);
  if (!records || records->size() != count)
    return corrupt("frame body is damaged: it does not hold " + std::to_string(count) + " records");
  out.records = std::move(*records);
  return out;
}

}  // namespace varve::store
