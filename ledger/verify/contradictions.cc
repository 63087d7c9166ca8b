// The root of the newer tree's beginning says which it is.
#include "ledger/verify/contradictions.h"

#include "ledger/format/gap_certificate.h"
#include "ledger/format/proof_file.h"
#include "ledger/format/receipt.h"
#include "ledger/merkle/checked.h"

namespace varve::verify {

Result<std::string> checkpoint_in(std::string_view file) {
  if (const auto proof = format::parse_proof_file(file)) return proof->checkpoint;
  if (const auto gaps = format::parse_gap_certificate(file)) return gaps->checkpoint;
  if (const auto receipt = format::parse_receipt(file)) return receipt->checkpoint;
  const auto note = format::parse_note(file);
  if (note && format::parse_checkpoint_text(note->text)) return std::string(file);
  return invalid("it is no checkpoint, .tlog-proof, receipt or gap certificate");
}

Result<std::optional<format::Contradiction>> contradiction_of(const format::SignedCheckpoint& older,
                                                              const format::SignedCheckpoint& newer,
                                                              const merkle::HashReader& hashes) {
  const format::Checkpoint& then = older.checkpoint;
  const format::Checkpoint& now = newer.checkpoint;
  format::Contradiction found{now.root, {}, older.note, newer.note};
  if (then.size < now.size) {
    ASSIGN_OR_RETURN(found.root, merkle::checked_root(then.size, {now.size, now.root}, hashes));
    ASSIGN_OR_RETURN(found.proof, merkle::checked_consistency({then.size, found.root},
                                                              {now.size, now.root}, hashes));
  }
  if (found.root == then.root) return std::optional<format::Contradiction>{};
  return std::optional(std::move(found));
}

Result<ProvenContradiction> verify_contradiction(std::string_view text, const Trust& trust) {
  ASSIGN_OR_RETURN(const format::Contradiction said, format::parse_contradiction(text));
  ProvenContradiction proven;
  ASSIGN_OR_RETURN(proven.older, verify_checkpoint(said.older, trust));
  ASSIGN_OR_RETURN(proven.newer, verify_checkpoint(said.newer, trust));
  const format::Checkpoint& older = proven.older.checkpoint;
  const format::Checkpoint& newer = proven.newer.checkpoint;
  if (older.size > newer.size)
    return invalid("the checkpoints are in the wrong order: the smaller tree comes first");
  if (said.root == older.root)
    return corrupt("it shows nothing: the newer tree begins with the older one");
  auto leads =
      merkle::verify_consistency(older.size, newer.size, said.proof, said.root, newer.root);
  if (!leads) return std::move(leads).error().during("verifying how the newer tree begins");
  return proven;
}

}  // namespace varve::verify
