// tlog-proof files: what is parsed formats to exactly the same bytes.
#include "ledger/format/proof_file.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto file = format::parse_proof_file(text_of(in));
  if (!file) return false;
  CHECK(format::format_proof_file(*file) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  format::ProofFile file{{}, LeafIndex{5}, merkle::Proof(6), checkpoint_note()};
  const std::string plain = format::format_proof_file(file);
  file.extra = event_record(1);
  file.proof.clear();
  return {buffer_of(plain), buffer_of(format::format_proof_file(file))};
}

}  // namespace varve::fuzz
