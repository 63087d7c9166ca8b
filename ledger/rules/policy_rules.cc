// R10 to R20: policies, approvals and holds.
#include <algorithm>

#include "ledger/rules/retention_rules.h"

namespace varve::rules {
namespace {

/// A log's first policy stands right behind its first key: nothing is kept yet that it could let
/// go.
constexpr LeafIndex kPolicyAtCreation{1};

bool is_first(const Retention& log) {
  return !log.policy_place();
}

bool is_at_creation(const Retention& log, const PolicyAct& act) {
  return is_first(log) && act.place.index == kPolicyAtCreation;
}

/// R10: each value is one that a policy may have, so that no copied example keeps for ever what
/// nobody may undo.
Result<void> policy_is_within_limits(const Retention&, const PolicyAct& act) {
  return format::check_policy(act.policy);
}

/// R11: a policy names the one that it follows, so that neither an old one nor another log's is
/// ever in force again.
Result<void> policy_follows_the_one_in_force(const Retention& log, const PolicyAct& act) {
  const std::uint64_t number = is_first(log) ? 0 : log.policy().number + 1;
  const Hash previous = is_first(log) ? Hash{} : log.policy_place()->leaf;
  if (act.policy.number == number && act.policy.previous == previous) return {};
  return worm("the policy is number " + std::to_string(act.policy.number) + ", the next is " +
              std::to_string(number) + " and follows the one in force");
}

/// R12: mode and key period are the log's for ever: a draft never becomes locked, no locked log
/// becomes a draft, and keys are made and destroyed for the same periods throughout. A log that
/// began without a policy is locked.
Result<void> mode_is_for_ever(const Retention& log, const PolicyAct& act) {
  if (is_at_creation(log, act)) return {};
  if (act.policy.mode == log.policy().mode &&
      act.policy.key_period_minutes == log.policy().key_period_minutes)
    return {};
  return worm("the log's mode and key period never change");
}

/// R13: in a locked log period, notice and waiting time only grow: what was promised when a record
/// came is kept.
Result<void> nothing_is_shortened(const Retention& log, const PolicyAct& act) {
  if (is_at_creation(log, act) || log.policy().mode == format::Mode::kDraft) return {};
  const format::Policy& before = log.policy();
  if (act.policy.period >= before.period && act.policy.notice >= before.notice &&
      act.policy.wait >= before.wait)
    return {};
  return worm("a locked policy is only ever extended, and this one is shorter");
}

/// R14: the log's own key signs each policy, so that nothing is in force that the log did not take.
Result<void> the_log_signs(const Retention&, const PolicyAct& act) {
  if (act.signers.active_key) return {};
  return invalid("the policy is not signed by an active key of the log");
}

/// R15: whatever differs from what counts already takes approvals, and so does automatic disposal
/// always; else, at a log's creation, there is nothing yet that could be lost.
Result<void> a_change_is_approved(const Retention& log, const PolicyAct& act) {
  if (is_at_creation(log, act) && !act.policy.automatic) return {};
  format::Policy plain = log.policy();
  plain.origin = act.policy.origin;
  plain.key = act.policy.key;
  if (is_first(log) && plain == act.policy) return {};
  return approved(log, act.signers);
}

/// R17: anyone who answers for the log may place a hold, under an id of its own.
Result<void> hold_is_new(const Retention& log, const HoldAct& act) {
  if (act.id.empty() || log.holds().contains(act.id))
    return worm("a hold with the id " + act.id + " was placed before");
  if (log.placer_of(act.signers)) return {};
  return invalid("the hold is signed by no active key and by no approver");
}

/// R18: a hold keeps something: its months are in order. (What it keeps: Retention::covers.)
Result<void> hold_has_a_scope(const Retention&, const HoldAct& act) {
  if (act.scope.what != Scope::What::kMonths || act.scope.first_month <= act.scope.last_month)
    return {};
  return invalid("the hold's last month is before its first");
}

/// R19: a release names one open hold and is approved.
Result<void> release_is_approved(const Retention& log, const ReleaseAct& act) {
  const auto hold = log.holds().find(act.id);
  if (hold == log.holds().end() || !hold->second.is_open || hold->second.placed.leaf != act.placed)
    return invalid("there is no open hold " + act.id + " that this releases");
  return approved(log, act.signers);
}

/// R20: open holds are few enough to be judged at every disposal, and nobody keeps another from
/// placing one by placing thousands.
Result<void> holds_are_bounded(const Retention& log, const HoldAct& act) {
  const std::optional<Hash> placer = log.placer_of(act.signers);
  if (!placer || log.open_holds_of(*placer) < kOpenHoldsMax) return {};
  return invalid("whoever places this hold has " + std::to_string(kOpenHoldsMax) +
                 " open ones: release some, or let another approver place it");
}

constexpr std::array<Rule<PolicyAct>, 6> kPolicyRules{{{10, policy_is_within_limits},
                                                       {11, policy_follows_the_one_in_force},
                                                       {12, mode_is_for_ever},
                                                       {13, nothing_is_shortened},
                                                       {14, the_log_signs},
                                                       {15, a_change_is_approved}}};
constexpr std::array<Rule<HoldAct>, 3> kHoldRules{
    {{17, hold_is_new}, {18, hold_has_a_scope}, {20, holds_are_bounded}}};
constexpr std::array<Rule<ReleaseAct>, 1> kReleaseRules{{{19, release_is_approved}}};

}  // namespace

/// R16.
Result<void> approved(const Retention& log, const Signers& signers) {
  const std::uint32_t needed = log.approvals_needed();
  if (needed < kApprovalsMin)
    return invalid("this takes the approval of at least two people, and the log demands that of " +
                   std::to_string(needed));
  const auto counts = [&](const Approver& approver) {
    return std::ranges::find(signers.approvers, approver.key) != signers.approvers.end() &&
           log.timeline().missing_us(approver.since, wait_us(log.policy())) == 0;
  };
  const auto count = std::ranges::count_if(log.approvers(), counts);
  if (static_cast<std::uint32_t>(count) >= needed) return {};
  return invalid(std::to_string(count) + " approver(s) who count signed, it takes " +
                 std::to_string(needed));
}

std::span<const Rule<PolicyAct>> rules_for(const PolicyAct&) {
  return kPolicyRules;
}
std::span<const Rule<HoldAct>> rules_for(const HoldAct&) {
  return kHoldRules;
}
std::span<const Rule<ReleaseAct>> rules_for(const ReleaseAct&) {
  return kReleaseRules;
}

}  // namespace varve::rules
