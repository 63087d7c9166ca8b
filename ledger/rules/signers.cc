// Signatures on the notes of retention.
#include "ledger/rules/signers.h"

#include "ledger/merkle/tree.h"

namespace varve::rules {

Result<Signers> signers_of(const format::Note& note, std::span<const format::VerifierKey> active,
                           std::span<const format::VerifierKey> approvers) {
  std::vector<format::VerifierKey> known(active.begin(), active.end());
  known.insert(known.end(), approvers.begin(), approvers.end());
  ASSIGN_OR_RETURN(const std::vector<std::size_t> signed_by, format::verify_note(note, known));
  Signers signers;
  for (const std::size_t k : signed_by) {
    if (k < active.size())
      signers.active_key = true;
    else
      signers.approvers.push_back(approver_hash(known[k]));
  }
  return signers;
}

Hash approver_hash(const format::VerifierKey& key) {
  return merkle::sha256(key.key);
}

}  // namespace varve::rules
