// Time-stamp tokens and cosigned times: whatever verifies over the sample's text states what its authority signed.
#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/cosigned_time.h"
#include "ledger/format/timestamp.h"
#include "tests/format/timestamp_sample.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto said = format::verify_time_statement(in, format::kStampedText);
  const format::SignedTime known{*decode_hex_hash(format::kStampKey), format::kStampedUs,
                                 format::kStampAccuracyUs};
  if (said) CHECK(said->key != known.key || *said == known);
  (void)format::token_in_reply(in);
  return said.has_value();
}

std::vector<Buffer> seeds() {
  return {
      *decode_base64(format::kStampToken),
      *decode_base64(
          "BPkWRTVHvo1djCIhc3OHUZxUNOj28W7AIaG++3mPpiDKAAAAAGsL1tZNf/Vbfv33mGrRdZ6xChPWK847/Zp6t8C8"
          "sisXAHfv6UBRx1WbSfWUpiRVv8U9ltq7YVo85YnbAw3YNOidn6cH")};
}

}  // namespace varve::fuzz
