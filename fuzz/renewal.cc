// Renewals and proofs of renewal: what is parsed formats to exactly the same text.
#include "ledger/format/renewal.h"

#include "fuzz/samples.h"
#include "fuzz/target.h"
#include "ledger/format/proof_file.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const auto proof = format::parse_renewal_proof(text_of(in));
  if (proof) CHECK(format::format_renewal_proof(*proof) == text_of(in));
  const auto renewal = format::parse_renewal(text_of(in));
  if (!renewal) return proof.has_value();
  CHECK(format::renewal_text(*renewal) == text_of(in));
  return true;
}

std::vector<Buffer> seeds() {
  std::vector<Buffer> seeds;
  for (const char* name : {"sha512-256", "sha3-256"}) {
    const merkle::HashFunction* const function = merkle::find_renewing_function(name);
    seeds.push_back(
        buffer_of(format::renewal_text({"log.example", function, TreeSize{42}, Hash{},
                                        function->of({}), function->of({bytes_of("x")})})));
  }
  const std::string statement = format::format_proof_file(
      {event_record(3), LeafIndex{5}, merkle::Proof(3), checkpoint_note()});
  seeds.push_back(buffer_of(format::format_renewal_proof(
      {LeafIndex{2}, 3, TreeSize{5}, merkle::Proof(4), merkle::Proof(2), statement})));
  seeds.push_back(
      buffer_of(format::format_renewal_proof({LeafIndex{0}, 1, TreeSize{1}, {}, {}, statement})));
  return seeds;
}

}  // namespace varve::fuzz
