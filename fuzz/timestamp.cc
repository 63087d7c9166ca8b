// Time-stamp records: what is parsed formats to exactly the same text.
#include "ledger/format/timestamp.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto timestamp = format::parse_timestamp(text_of(in));
  if (timestamp) CHECK(format::timestamp_text(*timestamp) == text_of(in));
  return timestamp.has_value();
}

std::vector<Buffer> seeds() {
  const format::Checkpoint checkpoint{"log.example", TreeSize{42}, {}};
  return {buffer_of(format::timestamp_text({checkpoint, Buffer(5, std::byte{0x30})}))};
}

}  // namespace varve::fuzz
