// docs/format/control.md, as decisions.
#include "ledger/rules/source_event.h"

#include <span>
#include <utility>

#include "ledger/format/note.h"
#include "ledger/format/record.h"

namespace varve::rules {
namespace {

void demand_signature(const format::Note& note, const format::VerifierKey& key, SourceBreach breach,
                      JudgedSourceEvent& judged) {
  const auto signers = format::verify_note(note, std::span(&key, 1));
  if (signers) return;
  judged.breach = breach;
  judged.why = signers.error().message;
}

/// A source has one name, whatever else may have its id.
std::optional<SourceBreach> breach_of(const format::SourceEvent& event,
                                      const std::optional<Registered>& known) {
  if (event.action == format::SourceAction::kRegister)
    return known ? std::optional(SourceBreach::kRegistered) : std::nullopt;
  if (!known || known->key == nullptr || known->key->name != event.key.name)
    return SourceBreach::kUnknown;
  return *known->key == event.key ? std::optional(SourceBreach::kSameKey) : std::nullopt;
}

}  // namespace

Result<JudgedSourceEvent> judge_source_event(std::string_view text, std::string_view origin,
                                             bool names_senders, const RegisteredAs& registered) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(text));
  ASSIGN_OR_RETURN(format::SourceEvent event, format::parse_source_event(note.text));
  JudgedSourceEvent judged{std::move(event), {}};
  if (judged.event.origin != origin) {
    judged.breach = SourceBreach::kOtherLog;
    return judged;
  }
  ASSIGN_OR_RETURN(judged.id, format::source_id(judged.event.key.name));
  if (names_senders && judged.event.action == format::SourceAction::kRegister &&
      format::sender_kind(judged.event.key.name)) {
    judged.breach = SourceBreach::kReserved;
    return judged;
  }
  demand_signature(note, judged.event.key, SourceBreach::kUnsigned, judged);
  if (judged.breach) return judged;
  const std::optional<Registered> known = registered(judged.id);
  judged.breach = breach_of(judged.event, known);
  if (!judged.breach && known)
    demand_signature(note, *known->key, SourceBreach::kUnsignedByOld, judged);
  return judged;
}

Result<JudgedSender> judge_sender(std::string_view text, std::string_view origin,
                                  const RegisteredAs& registered) {
  ASSIGN_OR_RETURN(format::SenderRecord record, format::parse_sender(text));
  JudgedSender judged{std::move(record), {}, {}};
  judged.source = format::source_name(judged.record.sender);
  ASSIGN_OR_RETURN(judged.id, format::source_id(judged.source));
  if (judged.record.origin != origin)
    judged.breach = SourceBreach::kOtherLog;
  else if (registered(judged.id))
    judged.breach = SourceBreach::kRegistered;
  return judged;
}

}  // namespace varve::rules
