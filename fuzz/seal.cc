// Seals of both sealers: what is decoded encodes to exactly the same record.
#include "ledger/format/seal.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto seal = format::decode_seal(in);
  if (!seal) return false;
  CHECK(*format::encode_seal(*seal) == to_buffer(in));
  const auto message = format::seal_message(*seal, "log.example");
  CHECK(message.has_value() == (seal->sealer == format::Sealer::kSource));
  return true;
}

std::vector<Buffer> seeds() {
  const std::vector<Buffer> events{event_record(0), event_record(1)};
  format::Seal of_senders = seal_over(events, format::Sealer::kLog);
  of_senders.source = format::kLogItself;
  of_senders.runs = {{SourceId{7}, 0, 1}, {SourceId{8}, 4, 1}};
  return {*format::encode_seal(of_senders),
          *format::encode_seal(seal_over(events, format::Sealer::kSource)),
          *format::encode_seal(seal_over(events, format::Sealer::kLog))};
}

}  // namespace varve::fuzz
