// The witnesses' lines first: one that is false is said whatever else is missing.
#include "ledger/verify/quorum.h"

#include <algorithm>
#include <vector>

#include "ledger/format/note.h"

namespace varve::verify {
namespace {

Result<void> is_by_a_log_of(const format::WitnessPolicy& policy, const format::Note& note,
                            const rules::KeyHistory& keys) {
  if (policy.logs().empty()) return {};
  std::vector<format::VerifierKey> named;
  for (const format::LogOfPolicy& log : policy.logs())
    if (std::ranges::count(keys.all(), log.key) != 0 ||
        std::ranges::count(keys.witness_keys(), log.key) != 0)
      named.push_back(log.key);
  if (format::verify_note(note, named)) return {};
  return not_found("no key of the policy's lines `log` that the log announced signed it");
}

}  // namespace

Result<void> demand_quorum(std::string_view note, const format::WitnessPolicy& policy,
                           const rules::KeyHistory& keys) {
  ASSIGN_OR_RETURN(const format::Cosigners found, format::cosigners_of(note, policy));
  ASSIGN_OR_RETURN(const format::Note parsed, format::parse_note(note));
  RETURN_IF_ERROR(is_by_a_log_of(policy, parsed, keys));
  const bool needs_nobody = policy.is_met(std::vector<bool>(policy.witnesses().size(), false));
  if (found.is_quorum && !needs_nobody) return {};
  return not_found("no quorum of the policy's witnesses has cosigned it");
}

}  // namespace varve::verify
