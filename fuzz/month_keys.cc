// Files of wrapped data keys: what is decoded encodes to exactly the same bytes.
#include "ledger/store/month_keys.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto keys = store::decode_month_keys(in);
  if (!keys) return false;
  CHECK(store::encode_month_keys(*keys) == to_buffer(in));
  return true;
}

std::vector<Buffer> seeds() {
  const store::MonthKeys two{{202'611}, "varve/test/2026-11.2", {{3, Buffer(40)}, {4, Buffer(40)}}};
  const store::MonthKeys draft{{29'920'320, 1}, "varve/test/p29920320.2", {{3, Buffer(40)}}};
  return {store::encode_month_keys({{202'612}, "", {}}), store::encode_month_keys(two),
          store::encode_month_keys(draft)};
}

}  // namespace varve::fuzz
