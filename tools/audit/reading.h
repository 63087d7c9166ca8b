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

/// Says what was found, of a log that is intact; the scan knows what was read. The lines and members of the
/// answer stand between those that say under which tree, and those that say what was read.
using SayRead = std::function<Result<Answer>(const verify::Intact& intact, const Scan& scan)>;

/// Audits the log of `request`, shows `visit` each event that answers, and has the answer said. `watch`, which
/// may be null, is shown every entry.
/// Errors: as audit_source; kNotFound  the log has no such source; an output file cannot be made.
Result<Answer> read_events(const Request& request, const search::Question& question,
                           const Scan::Visit& visit, const SayRead& say,
                           const verify::LogCheck::Watch& watch = nullptr);

/// As the log's records name it, or its id.
std::string source_name(const verify::Intact& intact, SourceId source);

}  // namespace varve::audit
