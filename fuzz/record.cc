// Records: what is decoded encodes to exactly the same bytes.
#include "ledger/format/record.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto record = format::decode_record(in);
  if (!record) return false;
  CHECK(*format::encode_record(*record) == to_buffer(in));
  Buffer header = *format::encode_record_header(*record);
  append(header, record->payload);
  CHECK(header == to_buffer(in));
  return true;
}

std::vector<Buffer> seeds() {
  Buffer control = event_record(3);
  control[1] = std::byte{11};  // the last kind
  format::Record empty;
  empty.media_type = "text/plain";
  return {event_record(0), control, *format::encode_record(empty)};
}

}  // namespace varve::fuzz
