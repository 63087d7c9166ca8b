// From notes and texts to acts.
#include "ledger/rules/retention_records.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/format/month_secret.h"
#include "ledger/merkle/tree.h"
#include "ledger/rules/retention_rules.h"

namespace varve::rules {
namespace {

Result<void> expect_origin(std::string_view of_text, std::string_view origin) {
  if (of_text == origin) return {};
  return invalid("it is of another log: " + std::string(of_text));
}

/// Errors: kInvalid  a signature by a key that the log knows fails.
Result<Signers> signers_of(const format::Note& note, const format::Policy& policy,
                           const KeyHistory& keys) {
  std::vector<format::VerifierKey> known = keys.active();
  const std::size_t active = known.size();
  known.insert(known.end(), keys.approvers().begin(), keys.approvers().end());
  const auto signed_by = format::verify_note(note, known);
  if (!signed_by) return invalid(signed_by.error().message);
  Signers signers;
  for (const std::size_t k : *signed_by) {
    if (k >= active)
      signers.approvers.push_back(merkle::sha256(known[k].key));
    else
      signers.active_key = signers.active_key || known[k] == policy.key;
  }
  return signers;
}

}  // namespace

Result<void> take_clock(Retention& retention, std::string_view payload, std::string_view origin,
                        const Place& place) {
  ASSIGN_OR_RETURN(format::Clock clock, format::parse_clock(payload));
  RETURN_IF_ERROR(expect_origin(clock.origin, origin));
  const ClockAct act{place, std::move(clock)};
  RETURN_IF_ERROR(judge(retention, act));
  retention.apply(act);
  return {};
}

Result<void> take_policy(Retention& retention, std::string_view payload,
                         const KeyHistory& keys, const Place& place) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(format::Policy policy, format::parse_policy(note.text));
  RETURN_IF_ERROR(expect_origin(policy.origin, keys.origin()));
  ASSIGN_OR_RETURN(Signers signers, signers_of(note, policy, keys));
  const PolicyAct act{place, std::move(policy), std::move(signers)};
  RETURN_IF_ERROR(judge(retention, act));
  retention.apply(act);
  return {};
}

void take_key_event(Retention& retention, std::string_view payload, const KeyHistory& after,
                    const Place& place) {
  const auto note = format::parse_note(payload);
  const auto event = note ? format::parse_key_event(note->text) : note.error();
  if (!event || event->action != format::KeyAction::kApprovers) return;
  ApproversAct act{place, after.approvals(), {}};
  for (const format::VerifierKey& key : after.approvers())
    act.approvers.push_back(merkle::sha256(key.key));
  retention.apply(act);
}

Result<void> check_month_secret(const Retention& retention, const format::Record& record,
                                LeafIndex at) {
  ASSIGN_OR_RETURN(const format::MonthSecret secret, format::decode_month_secret(record.payload));
  const Timeline& time = retention.timeline();
  if (record.source != format::kLogItself || time.empty() ||
      time.newest().index.value + 1 != at.value)
    return invalid("a month's secret does not stand behind a clock record");
  const auto& points = time.points();
  const std::uint32_t month = retention.month_of_reading(time.newest().reading_us);
  const bool is_first = points.size() == 1 ||
                        retention.month_of_reading(points[points.size() - 2].reading_us) != month;
  if (secret.month == month && is_first) return {};
  return invalid("a month's secret is of another month, or the second one");
}

}  // namespace varve::rules
