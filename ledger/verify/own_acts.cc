// Acts: who approved of what, as it stands in records that were audited.
#include <algorithm>

#include "ledger/format/hold.h"
#include "ledger/rules/retention_records.h"
#include "ledger/rules/retention_rules.h"
#include "ledger/rules/signers.h"
#include "ledger/verify/own_judgement.h"

namespace varve::verify {
namespace {

template <class Of>
std::uint64_t longest(const std::vector<format::Policy>& stated, Of of) {
  if (stated.empty()) return of(format::Policy{});
  std::uint64_t most = 0;
  for (const format::Policy& policy : stated) most = std::max(most, of(policy));
  return most;
}

}  // namespace

bool is_act(format::Kind kind) {
  return kind == format::Kind::kKeyEvent || kind == format::Kind::kPolicy ||
         kind == format::Kind::kHold || kind == format::Kind::kNotice ||
         kind == format::Kind::kDisposal;
}

Acts::Acts(const format::VerifierKey& first)
    : keys_(rules::KeyHistory::trusting(first.name, first)) {}

Result<void> Acts::take(LeafIndex index, const format::Record& record, const Hash& leaf) {
  const std::string_view payload = text_of(record.payload);
  switch (record.kind) {
    case format::Kind::kKeyEvent:
      RETURN_IF_ERROR(keys_.apply(payload));
      rules::take_key_event(who_, payload, keys_, {index, leaf});
      return {};
    case format::Kind::kPolicy:
      return policy(payload, {index, leaf});
    case format::Kind::kHold:
      return hold(payload, index);
    case format::Kind::kDisposal:
      return disposal(payload, index);
    default:
      return {};
  }
}

std::uint64_t Acts::period_us() const {
  return longest(stated_, format::period_us);
}
std::uint64_t Acts::notice_us() const {
  return longest(stated_, format::notice_us);
}
std::uint64_t Acts::wait_us() const {
  return longest(stated_, format::wait_us);
}

const Acts::Disposal* Acts::disposal_at(LeafIndex index) const {
  const auto at = disposals_.find(index.value);
  return at == disposals_.end() ? nullptr : &at->second;
}

const Approval* Acts::policy_with(const Hash& leaf) const {
  const auto at = policies_.find(leaf);
  return at == policies_.end() ? nullptr : &at->second;
}

Result<Approval> Acts::approval_of(const format::Note& note, LeafIndex at) const {
  ASSIGN_OR_RETURN(const rules::Signers signers,
                   rules::signers_of(note, keys_.active(), keys_.approvers()));
  Approval approval{at, std::max(who_.approvals_needed(), rules::kApprovalsMin), {}};
  for (const rules::Approver& approver : who_.approvers())
    if (std::ranges::find(signers.approvers, approver.key) != signers.approvers.end() &&
        std::ranges::find(approval.by, approver.key, &rules::Approver::key) == approval.by.end())
      approval.by.push_back(approver);
  return approval;
}

Result<void> Acts::policy(std::string_view payload, const rules::Place& place) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(format::Policy policy, format::parse_policy(note.text));
  ASSIGN_OR_RETURN(Approval approval, approval_of(note, place.index));
  policies_.insert_or_assign(place.leaf, std::move(approval));
  stated_.push_back(policy);
  who_.apply(rules::PolicyAct{place, std::move(policy), {}});
  return {};
}

Result<void> Acts::hold(std::string_view payload, LeafIndex at) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(format::Hold hold, format::parse_hold(note.text, mode()));
  if (hold.action == format::HoldAction::kPlace) return {};
  ASSIGN_OR_RETURN(Approval approval, approval_of(note, at));
  releases_.push_back({std::move(hold.id), std::move(approval)});
  return {};
}

Result<void> Acts::disposal(std::string_view payload, LeafIndex at) {
  ASSIGN_OR_RETURN(const format::Disposal disposal, rules::disposal_in(payload, mode()));
  Disposal seen{disposal.policy, disposal.notice, std::nullopt};
  if (!disposal.by_policy) {
    ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
    ASSIGN_OR_RETURN(seen.approval, approval_of(note, at));
  }
  disposals_.insert_or_assign(at.value, std::move(seen));
  return {};
}

}  // namespace varve::verify
