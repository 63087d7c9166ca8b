// Sentences about sources.
#include "ledger/state/refusals.h"

#include "ledger/base/check.h"

namespace varve::state {

Error not_registered() {
  return not_found("the source is not registered: an operator registers it first");
}

Error is_reserved() {
  return invalid(
      "names that begin with client/ and listener/ are those of senders for which the log "
      "seals: choose another name");
}

Error refusal_of(const rules::JudgedSourceEvent& judged,
                 const std::optional<rules::Registered>& known) {
  const format::VerifierKey& named = judged.event.key;
  switch (*judged.breach) {
    case rules::SourceBreach::kOtherLog:
      return invalid("the note is for the log " + judged.event.origin);
    case rules::SourceBreach::kReserved:
      return is_reserved();
    case rules::SourceBreach::kUnsigned:
      return invalid("the note is not signed by " + format::format_vkey(named));
    case rules::SourceBreach::kRegistered:
      return known->key != nullptr && *known->key == named
                 ? worm("the source is registered already with this key")
                 : worm("a source of this name is registered already: rotate its key instead");
    case rules::SourceBreach::kUnknown:
      return not_found("the source is not registered");
    case rules::SourceBreach::kSameKey:
      return worm("the source has this key already");
    case rules::SourceBreach::kUnsignedByOld:
      return invalid("the note is not signed by " + format::format_vkey(*known->key));
  }
  check_failed("a breach that is none", __FILE__, __LINE__);
}

}  // namespace varve::state
