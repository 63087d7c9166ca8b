// From notes and texts to acts.
#include "ledger/rules/retention_records.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/format/month_secret.h"
#include "ledger/format/timestamp.h"
#include "ledger/rules/retention_rules.h"
#include "ledger/rules/signers.h"
#include "ledger/rules/witnessed.h"

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

struct SentDisposal {
  format::Disposal disposal;
  std::optional<format::Note> note;  // as it was signed; nothing: it is by policy
};

/// By approvers it is a signed note, by policy the text alone.
Result<SentDisposal> read_disposal(std::string_view payload, format::Mode mode) {
  if (auto by_policy = format::parse_disposal(payload, mode); by_policy && by_policy->by_policy)
    return SentDisposal{std::move(*by_policy), std::nullopt};
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(payload));
  ASSIGN_OR_RETURN(format::Disposal disposal, format::parse_disposal(note.text, mode));
  if (disposal.by_policy) return invalid("a disposal by policy has no signatures");
  return SentDisposal{std::move(disposal), std::move(note)};
}

StatedTree tree_of(const format::Disposal& disposal, LeafIndex index) {
  return {index,
          format::Kind::kDisposal,
          {disposal.origin, size_before(disposal.months.back().end), disposal.root}};
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
  return StatedTree{place.index, format::Kind::kTimestamp, timestamp.checkpoint};
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

Result<void> take_notice(Retention& retention, std::string_view payload, std::string_view origin,
                         const Place& place) {
  ASSIGN_OR_RETURN(format::Notice notice, format::parse_notice(payload, retention.policy().mode));
  RETURN_IF_ERROR(expect_origin(notice.origin, origin));
  return take(retention, NoticeAct{place, notice.policy, std::move(notice.months)});
}

Result<format::Disposal> disposal_in(std::string_view payload, format::Mode mode) {
  ASSIGN_OR_RETURN(SentDisposal sent, read_disposal(payload, mode));
  return std::move(sent.disposal);
}

Result<StatedTree> take_disposal(Retention& retention, std::string_view payload,
                                 const KeyHistory& keys, const Place& place) {
  ASSIGN_OR_RETURN(SentDisposal sent, read_disposal(payload, retention.policy().mode));
  format::Disposal& disposal = sent.disposal;
  RETURN_IF_ERROR(expect_origin(disposal.origin, keys.origin()));
  auto signers = sent.note ? signers_of(*sent.note, keys.active(), keys.approvers())
                           : Result<Signers>(Signers{});
  if (!signers) return invalid(std::move(signers).error().message);
  StatedTree stated = tree_of(disposal, place.index);
  // Its root is taken as the log's here, and compared where the tree is.
  RETURN_IF_ERROR(take(
      retention, DisposalAct{place, disposal.policy, disposal.notice, std::move(disposal.months),
                             true, disposal.by_policy, std::move(*signers)}));
  return stated;
}

Result<std::optional<StatedTree>> stated_tree(const format::Record& record, format::Mode mode,
                                              LeafIndex index) {
  const std::string_view payload = text_of(record.payload);
  if (record.kind == format::Kind::kTimestamp) {
    ASSIGN_OR_RETURN(format::Timestamp timestamp, format::parse_timestamp(payload));
    return std::optional(StatedTree{index, record.kind, std::move(timestamp.checkpoint)});
  }
  if (record.kind == format::Kind::kWitnessed) {
    ASSIGN_OR_RETURN(StatedTree witnessed, witnessed_tree(payload, index));
    return std::optional(std::move(witnessed));
  }
  if (record.kind != format::Kind::kDisposal) return std::optional<StatedTree>();
  ASSIGN_OR_RETURN(const SentDisposal sent, read_disposal(payload, mode));
  return std::optional(tree_of(sent.disposal, index));
}

Result<void> take_disposed(Retention& retention, std::string_view payload, std::string_view origin,
                           const Place& place) {
  ASSIGN_OR_RETURN(format::Disposed disposed,
                   format::parse_disposed(payload, retention.policy().mode));
  RETURN_IF_ERROR(expect_origin(disposed.origin, origin));
  return take(retention,
              DisposedAct{place, disposed.disposal, disposed.month, std::move(disposed.tokens),
                          disposed.is_complete, disposed.files_removed});
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
