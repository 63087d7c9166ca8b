// Bodies of records frames. The count is the frame header's: here the first two bytes.
#include "ledger/store/frame_body.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/base/codec.h"
#include "ledger/format/batch.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  ByteReader reader(in);
  const std::uint32_t count = reader.u16();
  const auto body = store::decode_frame_body(reader.rest(), count);
  if (!reader.ok() || !body) return false;
  Buffer again = store::encode_requests(body->requests);
  for (const Bytes record : body->records) format::append_to_bundle(again, record);
  CHECK(again == to_buffer(reader.rest()));
  return true;
}

std::vector<Buffer> seeds() {
  const store::Request request{merkle::sha256({}), merkle::empty_root(), LeafIndex{5}, 2};
  Buffer with_requests;
  ByteWriter(with_requests).u16(2).bytes(store::encode_requests({request, request}));
  format::append_to_bundle(with_requests, event_record(0));
  format::append_to_bundle(with_requests, event_record(1));
  Buffer empty;
  ByteWriter(empty).u16(0).bytes(store::encode_requests({}));
  return {with_requests, empty};
}

}  // namespace varve::fuzz
