// Tombstones: what is decoded encodes to exactly the same bytes, and is no record.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/record.h"
#include "ledger/format/tombstone.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  CHECK(!format::is_tombstone(in) || !format::decode_record(in));
  const auto tombstone = format::decode_tombstone(in);
  if (!tombstone) return false;
  CHECK(format::is_tombstone(in));
  CHECK(format::encode_tombstone(*tombstone) == to_buffer(in));
  CHECK(!format::explain(*tombstone).empty());
  return true;
}

std::vector<Buffer> seeds() {
  return {format::encode_tombstone({}), format::encode_tombstone({202'611, 3, 7, {}})};
}

}  // namespace varve::fuzz
