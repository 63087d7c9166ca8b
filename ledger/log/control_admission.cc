// Which control records a group takes: judged on a copy of the state first, so that what is refused
// leaves nothing behind.
#include "ledger/base/month.h"
#include "ledger/log/group.h"
#include "ledger/merkle/tree.h"
#include "ledger/rules/retention_records.h"

namespace varve::log {
namespace {

/// An error of the input itself, whatever code it had inside.
Error as_invalid(Error error) {
  if (error.code == Code::kCorrupt) error.code = Code::kInvalid;
  return error;
}

/// The source of which a control record speaks, if it does.
std::optional<SourceId> source_of(const ControlNote& control) {
  if (control.kind != format::Kind::kSourceEvent) return std::nullopt;
  const auto note = format::parse_note(control.note);
  const auto event = note ? format::parse_source_event(note->text) : note.error();
  const auto id = event ? format::source_id(event->key.name) : event.error();
  return id ? std::optional(*id) : std::nullopt;
}

Error evidence_ends_the_month() {
  return busy("evidence that was just given ends the month: send this again");
}

/// Whether people decide by it how long records are kept.
bool is_decision(format::Kind kind) {
  return kind == format::Kind::kPolicy || kind == format::Kind::kHold ||
         kind == format::Kind::kNotice || kind == format::Kind::kDisposal;
}

bool changes_retention(format::Kind kind) {
  return is_decision(kind) || kind == format::Kind::kDisposed;
}

bool names_approvers(const ControlNote& control) {
  if (!is_key_event(control)) return false;
  const auto note = format::parse_note(control.note);
  const auto event = note ? format::parse_key_event(note->text) : note.error();
  return event && event->action == format::KeyAction::kApprovers;
}

}  // namespace

/// What people decide is judged by the present, and of some of it ages count from the next clock record
/// on. Only at its creation a log has none in front of them.
void GroupBuilder::admit(ControlNote& control, Item& item) {
  const format::KindRow kind = format::row_of(control.kind);
  const bool is_the_logs_alone = control.kind == format::Kind::kClock ||
                                 control.kind == format::Kind::kTimestamp ||
                                 control.kind == format::Kind::kSender;
  if (!kind.is_control || !kind.is_written || is_the_logs_alone)
    return item.done(invalid("this program appends no control records of kind " +
                             std::to_string(format::number_of(control.kind))));
  const bool is_policy = control.kind == format::Kind::kPolicy;
  const bool at_creation = group_.first.value == 0 && group_.end().value <= (is_policy ? 1 : 0);
  const bool is_judged_by_time = is_decision(control.kind) && !at_creation;
  const auto fits = is_judged_by_time ? fits_the_present(control) : fits_the_state(control);
  if (!fits) return item.done(as_invalid(fits.error()));
  if ((is_judged_by_time || names_approvers(control)) && month_ends())
    return item.done(evidence_ends_the_month());
  clock_is_due_ = clock_is_due_ || is_judged_by_time;
  if (!at_creation) begin_records();
  if (!control.hold_text.empty())
    write_own_event(format::Kind::kHoldText, bytes_of(control.hold_text));
  const auto index = append_control(control.kind, control.note);
  if (!index) return item.done(as_invalid(index.error()));
  if (const auto source = source_of(control)) moved_.insert(*source);
  key_events_ += is_key_event(control) ? 1u : 0u;
  key_removals_ += removes_key(control) ? 1u : 0u;
  group_.replies.push_back({std::move(item.done), {*index, 1, nullptr, false, true}});
  retention_changed_ = retention_changed_ || changes_retention(control.kind);
  if (is_policy || control.kind == format::Kind::kNotice || names_approvers(control)) write_clock();
}

/// In front of them stands a clock record, so that no restart takes the age by which their sources count.
/// Behind them stands the one that carries them; where it begins a month, the next segment begins with it.
void GroupBuilder::admit(const TimeStatements& statements, Item& item) {
  if (month_ends()) return item.done(evidence_ends_the_month());
  if (auto counted = counts(statements); !counted) return item.done(as_invalid(counted.error()));
  clock_is_due_ = true;
  begin_records();
  const LeafIndex first = group_.end();
  for (const std::string& text : statements.texts)
    CHECK(append_control(format::Kind::kTimestamp, text));  // it was judged
  const auto count = static_cast<std::uint32_t>(statements.texts.size());
  group_.replies.push_back({std::move(item.done), {first, count, nullptr, false, true}});
  if (!month_ends()) write_clock();
}

/// Judged on a copy, as fits_the_present(). A log whose clock comes to the end of what can be written would
/// take nothing more.
Result<void> GroupBuilder::counts(const TimeStatements& statements) const {
  rules::Retention trial = state_.retention();
  if (trial.timeline().empty()) return invalid("the log has no clock record yet");
  LeafIndex at = group_.end();
  trial.apply(rules::ClockAct{{at, {}}, clock_.next(trial, state_.origin())});
  ++at.value;
  for (const std::string& text : statements.texts) {
    RETURN_IF_ERROR(rules::take_timestamp(trial, text, state_.origin(), {at, {}}));
    ++at.value;
  }
  ASSIGN_OR_RETURN(const format::Evidence said, clock_.judge_statements(trial));
  if (said.latest_us <= rules::kFirstReadingMaxUs) return {};
  return invalid("the time stamps are of " + time_text(said.latest_us) +
                 ": a person has to look before the log's clock goes there");
}

/// Whether the next clock record begins a month, by evidence that came in this group: it has to stand
/// in a segment of that month. Where one is due in front of this group, the segment is of its month.
bool GroupBuilder::month_ends() const {
  const rules::Retention& retention = state_.retention();
  if (clock_is_due_ || retention.statements().empty()) return false;
  return retention.month_of_reading(clock_.reading_us(retention)) !=
         retention.month_of_reading(retention.timeline().newest().reading_us);
}

/// What is placed comes with its text, and nothing else does.
Result<void> GroupBuilder::fits_hold(const ControlNote& control) const {
  if (control.kind != format::Kind::kHold) return {};
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(control.note));
  ASSIGN_OR_RETURN(const format::Hold hold,
                   format::parse_hold(note.text, state_.retention().policy().mode));
  if (hold.action == format::HoldAction::kRelease) {
    if (control.hold_text.empty()) return {};
    return invalid("the release of a hold has no text of its own");
  }
  ASSIGN_OR_RETURN(const format::HoldText text, format::parse_hold_text(control.hold_text));
  if (text.origin == hold.origin && text.id == hold.id &&
      merkle::sha256(bytes_of(control.hold_text)) == hold.text)
    return {};
  return invalid("the text is not that of the hold " + hold.id);
}

/// Judged on a copy: what is refused leaves nothing.
Result<void> GroupBuilder::fits_the_state(const ControlNote& control) const {
  if (control.kind != format::Kind::kDisposed) return state_.may_admit(control.kind, control.note);
  rules::Retention trial = state_.retention();
  return state_.judge_on(trial, control.kind, control.note, {group_.end(), {}});
}

/// The same, behind the clock record that would be written.
Result<void> GroupBuilder::fits_the_present(const ControlNote& control) const {
  RETURN_IF_ERROR(fits_hold(control));
  rules::Retention trial = state_.retention();
  trial.apply(rules::ClockAct{{group_.end(), {}}, clock_.next(trial, state_.origin())});
  const LeafIndex behind{group_.end().value + 1};
  return state_.judge_on(trial, control.kind, control.note, {behind, {}});
}

}  // namespace varve::log
