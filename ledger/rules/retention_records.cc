// From notes and texts to acts.
#include "ledger/rules/retention_records.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/format/month_secret.h"
#include "ledger/format/timestamp.h"
#include "ledger/rules/retention_rules.h"
#include "ledger/rules/signers.h"

namespace varve::rules {
namespace {

Result<void> expect_origin(std::string_view of_text, std::string_view origin) {
  if (of_text == origin) return {};
  return invalid("it is of another log: " + std::string(of_text));
}

template <class Act>
Result<void> take(Retention& retention, const Act& act) {
  RETURN_IF_ERROR(judge(retention, act));
  retention.apply(act);
  return {};
}

}  // namespace

Result<StatedTree> take_timestamp(Retention& retention, std::string_view payload,
                                  std::string_view origin, const Place& place) {
  ASSIGN_OR_RETURN(const format::Timestamp timestamp, format::parse_timestamp(payload));
  RETURN_IF_ERROR(expect_origin(timestamp.checkpoint.origin, origin));
  if (timestamp.checkpoint.size > size_before(place.index))
    return invalid("the time stamp is over a tree of more records than the log has");
  if (retention.statements().size() >= format::kStampsMax)
    return invalid("a clock record carries at most " + std::to_string(format::kStampsMax) +
                   " time stamps");
  // Its root is taken as the log's here, and compared where the tree is.
  ASSIGN_OR_RETURN(const Stamp stamp, stamp_of(place.index, timestamp, timestamp.checkpoint));
  retention.apply(stamp);
  return StatedTree{place.index, timestamp.checkpoint};
}

Result<void> take_clock(Retention& retention, std::string_view payload, std::string_view origin,
                        const Place& place) {
  ASSIGN_OR_RETURN(format::Clock clock, format::parse_clock(payload));
  RETURN_IF_ERROR(expect_origin(clock.origin, origin));
  return take(retention, ClockAct{place, std::move(clock), retention.statements()});
}

Result<void> take_policy(Retention& retention, std::string_view payload, const KeyHistory& keys,
                         const Place& place) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(format::Policy policy, format::parse_policy(note.text));
  RETURN_IF_ERROR(expect_origin(policy.origin, keys.origin()));
  auto signers = signers_of(note, policy.key, keys.active(), keys.approvers());
  if (!signers) return invalid(std::move(signers).error().message);
  return take(retention, PolicyAct{place, std::move(policy), std::move(*signers)});
}

Result<void> take_hold(Retention& retention, std::string_view payload, const KeyHistory& keys,
                       const Place& place) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(format::Hold hold, format::parse_hold(note.text, retention.policy().mode));
  RETURN_IF_ERROR(expect_origin(hold.origin, keys.origin()));
  auto signers = signers_of(note, keys.active(), keys.approvers());
  if (!signers) return invalid(std::move(signers).error().message);
  if (hold.action == format::HoldAction::kPlace)
    return take(retention,
                HoldAct{place, std::move(hold.id), hold.scope, hold.text, std::move(*signers)});
  return take(retention, ReleaseAct{place, std::move(hold.id), hold.placed, std::move(*signers)});
}

void take_key_event(Retention& retention, std::string_view payload, const KeyHistory& after,
                    const Place& place) {
  const auto note = format::parse_note(payload);
  const auto event = note ? format::parse_key_event(note->text) : note.error();
  if (!event || event->action != format::KeyAction::kApprovers) return;
  ApproversAct act{place, after.approvals(), {}};
  for (const format::VerifierKey& key : after.approvers())
    act.approvers.push_back(approver_hash(key));
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

Result<void> check_hold_text(const format::Record& record, std::string_view origin) {
  ASSIGN_OR_RETURN(const format::HoldText text, format::parse_hold_text(text_of(record.payload)));
  if (record.source != format::kLogItself) return invalid("only the log itself writes hold texts");
  return expect_origin(text.origin, origin);
}

}  // namespace varve::rules
