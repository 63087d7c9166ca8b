// An audit of the whole log that shows the events which answer a question: what is made of them is
// complete, because the audit read every record.
#pragma once

#include <functional>
#include <string>

#include "ledger/verify/log_check.h"
#include "tools/audit/answer_json.h"
#include "tools/audit/commands.h"
#include "tools/audit/search/scan.h"

namespace varve::audit {

/// Says what was found, of a log that is intact; the scan knows what was read.
using SayRead = std::function<Result<Answer>(const verify::Intact& intact, const Scan& scan)>;

/// Audits the log of `request`, shows `visit` each event that answers, and has the answer said. What the
/// audit has to say of events that are gone, it adds. Errors: as audit_source.
Result<Answer> read_events(const Request& request, const search::Question& question,
                           const Scan::Visit& visit, const SayRead& say);

/// "intact: 27 records of audit.example.org/ward"
std::string intact_line(const verify::Intact& intact);
/// The members that say so, and what was read.
AnswerJson intact_json(const verify::Intact& intact, const Scan& scan);
/// As the log's records name it, or its id.
std::string source_name(const verify::Intact& intact, SourceId source);

}  // namespace varve::audit
