// docs/format/renewal.md, as decisions.
#include "ledger/rules/renewal_rules.h"

#include <utility>

namespace varve::rules {

Result<JudgedRenewal> judge_renewal(std::string_view text, std::string_view origin, LeafIndex index,
                                    std::span<const format::VerifierKey> active) {
  ASSIGN_OR_RETURN(format::Note note, format::parse_note(text));
  ASSIGN_OR_RETURN(format::Renewal renewal, format::parse_renewal(note.text));
  JudgedRenewal judged{std::move(note), std::move(renewal)};
  if (judged.renewal.origin != origin) {
    judged.breach = RenewalBreach::kOtherLog;
  } else if (judged.renewal.size.value > index.value) {
    judged.breach = RenewalBreach::kOfTheFuture;
  } else if (const auto signers = format::verify_note(judged.note, active); !signers) {
    judged.breach = RenewalBreach::kUnsigned;
    judged.why = signers.error().message;
  }
  return judged;
}

}  // namespace varve::rules
