// Records: what is decoded encodes to exactly the same bytes.
#include "ledger/format/record.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/newer.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto record = format::decode_record(in);
  if (!record) return false;
  CHECK(*format::encode_record(*record) == to_buffer(in));
  Buffer header = *format::encode_record_header(*record);
  append(header, record->payload);
  CHECK(header == to_buffer(in));
  // Either a program may go on behind it, by the table, or it says that the log is newer.
  const format::KindRow kind = format::row_of(record->kind);
  const bool understood = format::is_understood(record->kind);
  if (kind.meaning != format::Meaning::kSeal)
    CHECK(format::expect_known({}, in).has_value() == (understood || !kind.is_critical));
  return true;
}

std::vector<Buffer> seeds() {
  format::Record empty;
  empty.media_type = "text/plain";
  std::vector<Buffer> seeds{event_record(0), *format::encode_record(empty)};
  for (const format::KindRow& row : format::kKinds) {
    Buffer record = event_record(3);
    record[1] = std::byte{format::number_of(row.kind)};
    seeds.push_back(std::move(record));
  }
  return seeds;
}

}  // namespace varve::fuzz
