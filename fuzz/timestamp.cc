// Time-stamp records and stamped checkpoints: what is parsed formats to exactly the same text.
#include "ledger/format/timestamp.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/stamped_checkpoint.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto timestamp = format::parse_timestamp(text_of(in));
  if (timestamp) CHECK(format::timestamp_text(*timestamp) == text_of(in));
  const auto stamped = format::parse_stamped_checkpoint(text_of(in));
  if (stamped) CHECK(format::stamped_checkpoint_text(*stamped) == text_of(in));
  CHECK(stamped.has_value() || !timestamp.has_value());  // a record's text is one, with one token
  return stamped.has_value();
}

std::vector<Buffer> seeds() {
  const format::Checkpoint checkpoint{"log.example", TreeSize{42}, {}};
  const Buffer token(5, std::byte{0x30});
  return {buffer_of(format::timestamp_text({checkpoint, token})),
          buffer_of(format::stamped_checkpoint_text({checkpoint, {token, Buffer(4)}}))};
}

}  // namespace varve::fuzz
