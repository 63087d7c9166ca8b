// What evidence shows, for people and for programs.
#pragma once

#include "ledger/evidence/check.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// "complete for records 0 to 4710, under 12 indexes ...": what is said and what is not, several lines; of an
/// answer it is the end.
std::string completeness_text(const evidence::ProvenAnswer& answer);
/// An object.
std::string completeness_json(const evidence::ProvenAnswer& answer);

/// What was asked, with its values; the events that answer; and how far that is complete.
Answer evidence_answer(const evidence::ProvenAnswer& answer);

}  // namespace varve::audit
