// Renews the documents' log the way varve-audit and varve-keys do.
#include "tests/format/documented_renewal.h"

#include "ledger/base/codec.h"

namespace varve::format {

DocumentedRenewal::DocumentedRenewal(const DocumentedLog& log) {
  RenewalBuilder builder(log.origin, *merkle::find_renewing_function("sha3-256"));
  std::vector<RenewedLeaves> renewed;
  for (const Buffer& each : log.records) {
    renewed.push_back(builder.add(each));
    ByteWriter(leaves).hash(renewed.back().record).hash(renewed.back().checkpoint);
  }
  const Renewal renewal = builder.renewal();
  note = signed_note(renewal_text(renewal), {&log.log_key});
  Record control{Kind::kRenewal,        kLogItself, 2,
                 1'795'256'105'000'000, {},         media_type_of(Kind::kRenewal),
                 bytes_of(note)};
  control.salt.fill(std::byte{0xa5});
  record = *encode_record(control);
  std::vector<Hash> hashes = log.leaves;
  hashes.push_back(merkle::leaf_hash(record));
  const std::string checkpoint = signed_note(
      checkpoint_text({log.origin, TreeSize{6}, merkle::root_of(hashes)}), {&log.log_key});
  const Hash first_four = merkle::root_of(std::span(hashes).first(4));
  const ProofFile statement{record, LeafIndex{5}, {hashes[4], first_four}, checkpoint};
  auto prover = RenewalProver::of(
      renewal, {LeafIndex{2}, 1, TreeSize{5}, {}, {}, format_proof_file(statement)});
  for (const RenewedLeaves& each : renewed) prover->add(each);
  proof = format_renewal_proof(prover->proof());
}

}  // namespace varve::format
