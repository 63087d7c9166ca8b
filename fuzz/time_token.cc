// Time-stamp tokens: whatever verifies over the sample's text states what its authority signed.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/timestamp.h"
#include "tests/format/timestamp_sample.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto said = format::verify_time_token(in, format::kStampedText);
  const format::SignedTime known{*decode_hex_hash(format::kStampKey), format::kStampedUs,
                                 format::kStampAccuracyUs};
  if (said) CHECK(said->key != known.key || *said == known);
  (void)format::token_in_reply(in);
  return said.has_value();
}

std::vector<Buffer> seeds() {
  return {*decode_base64(format::kStampToken)};
}

}  // namespace varve::fuzz
