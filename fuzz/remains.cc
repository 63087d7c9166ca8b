// Remains of destroyed segments: what is decoded encodes to exactly the same bytes.
#include "ledger/store/remains.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto remains = store::decode_remains(in);
  if (!remains) return false;
  CHECK(store::encode_remains(*remains) == to_buffer(in));
  return true;
}

std::vector<Buffer> seeds() {
  const store::Remains some{202'611, 3, LeafIndex{42}, 7, {Buffer(kHashSize), event_record(1)}};
  return {store::encode_remains({}), store::encode_remains(some)};
}

}  // namespace varve::fuzz
