// Secrets of months: what is decoded encodes to exactly the same bytes.
#include "ledger/format/month_secret.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto secret = format::decode_month_secret(in);
  if (!secret) return false;
  CHECK(format::encode_month_secret(*secret) == to_buffer(in));
  return true;
}

std::vector<Buffer> seeds() {
  return {format::encode_month_secret({}), format::encode_month_secret({202'611, {}})};
}

}  // namespace varve::fuzz
