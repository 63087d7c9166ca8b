// Signatures on the notes of retention.
#include "ledger/rules/signers.h"

#include "ledger/merkle/tree.h"

namespace varve::rules {
namespace {

/// `stands_for_the_log`: whether a signature by this active key does.
template <class StandsForTheLog>
Result<Signers> verified(const format::Note& note, std::span<const format::VerifierKey> active,
                         std::span<const format::VerifierKey> approvers,
                         StandsForTheLog stands_for_the_log) {
  std::vector<format::VerifierKey> known(active.begin(), active.end());
  known.insert(known.end(), approvers.begin(), approvers.end());
  ASSIGN_OR_RETURN(const std::vector<std::size_t> signed_by, format::verify_note(note, known));
  Signers signers;
  for (const std::size_t k : signed_by) {
    if (k < active.size())
      signers.active_key = signers.active_key || stands_for_the_log(known[k]);
    else
      signers.approvers.push_back(approver_hash(known[k]));
  }
  return signers;
}

}  // namespace

Result<Signers> signers_of(const format::Note& note, std::span<const format::VerifierKey> active,
                           std::span<const format::VerifierKey> approvers) {
  return verified(note, active, approvers, [](const format::VerifierKey&) { return true; });
}

Result<Signers> signers_of(const format::Note& note, const format::VerifierKey& named,
                           std::span<const format::VerifierKey> active,
                           std::span<const format::VerifierKey> approvers) {
  return verified(note, active, approvers,
                  [&named](const format::VerifierKey& key) { return key == named; });
}

Hash approver_hash(const format::VerifierKey& key) {
  return merkle::sha256(key.key);
}

}  // namespace varve::rules
