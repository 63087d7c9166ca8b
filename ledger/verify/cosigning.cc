// In the order of the specification.
#include "ledger/verify/cosigning.h"

#include "ledger/merkle/tree.h"

namespace varve::verify {
namespace {

using Verdict = CosigningVerdict;

bool is_proven(const format::Checkpoint& before, const format::AddCheckpoint& request,
               const format::Checkpoint& now) {
  if (now.size == TreeSize{} && now.root != merkle::empty_root()) return false;
  if (before.size == TreeSize{}) return request.proof.empty();
  return merkle::verify_consistency(before.size, now.size, request.proof, before.root, now.root)
      .has_value();
}

std::optional<Hash> root_of_beginning(const format::Checkpoint& before,
                                      const format::AddCheckpoint& request,
                                      const format::Checkpoint& after,
                                      const std::optional<Hash>& beginning) {
  const auto held = merkle::root_in_consistency(before.size, after.size, request.proof, after.root);
  if (held) return *held;
  if (!beginning ||
      !merkle::verify_consistency(before.size, after.size, request.proof, *beginning, after.root))
    return std::nullopt;
  return beginning;
}

/// Two trees of one size need no proof.
std::optional<format::Contradiction> contradiction_in(const format::SignedCheckpoint& kept,
                                                      const format::AddCheckpoint& request,
                                                      const format::SignedCheckpoint& now,
                                                      const std::optional<Hash>& beginning) {
  const format::Checkpoint& before = kept.checkpoint;
  const format::Checkpoint& after = now.checkpoint;
  if (before.size == TreeSize{})
    return std::nullopt;  // such a root is nonsense, and no second history
  if (before.size == after.size && before.root != after.root)
    return format::Contradiction{after.root, {}, kept.note, now.note};
  if (request.old != before.size) return std::nullopt;
  const auto root = root_of_beginning(before, request, after, beginning);
  if (!root || *root == before.root) return std::nullopt;
  return format::Contradiction{*root, request.proof, kept.note, now.note};
}

Verdict verdict_of(const format::Checkpoint& before, const format::AddCheckpoint& request,
                   const format::Checkpoint& now) {
  if (request.old != before.size) return Verdict::kConflict;
  return is_proven(before, request, now) ? Verdict::kCosign : Verdict::kNotProven;
}

}  // namespace

CosigningJudgement judge_cosigning(const std::optional<format::SignedCheckpoint>& kept,
                                   const format::AddCheckpoint& request,
                                   const format::SignedCheckpoint& now,
                                   const std::optional<Hash>& beginning) {
  if (!kept) {
    const format::Checkpoint nothing{now.checkpoint.origin, {}, merkle::empty_root()};
    return {verdict_of(nothing, request, now.checkpoint)};
  }
  return {verdict_of(kept->checkpoint, request, now.checkpoint),
          contradiction_in(*kept, request, now, beginning)};
}

}  // namespace varve::verify
