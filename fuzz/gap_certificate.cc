// Gap certificates: what is parsed formats to exactly the same bytes.
#include "ledger/format/gap_certificate.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto certificate = format::parse_gap_certificate(text_of(in));
  if (!certificate) return false;
  CHECK(format::format_gap_certificate(*certificate) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  format::GapCertificate made{"ward-7/pacs", {}, {}, merkle::Proof(3), checkpoint_note()};
  const std::string empty = format::format_gap_certificate(made);
  const std::vector<Buffer> events{event_record(0)};
  made.records = {{LeafIndex{1}, events.front()},
                  {LeafIndex{4}, *format::encode_seal(seal_over(events, format::Sealer::kSource))}};
  made.heartbeats = {event_record(0)};
  return {buffer_of(empty), buffer_of(format::format_gap_certificate(made))};
}

}  // namespace varve::fuzz
