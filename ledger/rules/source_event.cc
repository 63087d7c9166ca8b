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
                                      const format::VerifierKey* known) {
  if (event.action == format::SourceAction::kRegister)
    return known != nullptr ? std::optional(SourceBreach::kRegistered) : std::nullopt;
  if (known == nullptr || known->name != event.key.name) return SourceBreach::kUnknown;
  return *known == event.key ? std::optional(SourceBreach::kSameKey) : std::nullopt;
}

}  // namespace

Result<JudgedSourceEvent> judge_source_event(std::string_view text, std::string_view origin,
                                             const KeyOf& key_of) {
  ASSIGN_OR_RETURN(const format::Note note, format::parse_note(text));
  ASSIGN_OR_RETURN(format::SourceEvent event, format::parse_source_event(note.text));
  JudgedSourceEvent judged{std::move(event), {}};
  if (judged.event.origin != origin) {
    judged.breach = SourceBreach::kOtherLog;
    return judged;
  }
  ASSIGN_OR_RETURN(judged.id, format::source_id(judged.event.key.name));
  demand_signature(note, judged.event.key, SourceBreach::kUnsigned, judged);
  if (judged.breach) return judged;
  const format::VerifierKey* const known = key_of(judged.id);
  judged.breach = breach_of(judged.event, known);
  if (!judged.breach && known != nullptr)
    demand_signature(note, *known, SourceBreach::kUnsignedByOld, judged);
  return judged;
}

}  // namespace varve::rules
