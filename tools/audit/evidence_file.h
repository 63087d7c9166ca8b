// Evidence for somebody else: the file that shows, offline, that an answer leaves out no event.
#pragma once

#include "ledger/evidence/check.h"
#include "ledger/evidence/make.h"
#include "ledger/verify/log_check.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// The question of `asked` as evidence can answer it. Errors: kInvalid  it cannot; says what to leave out.
Result<evidence::Asked> askable(const Asked& asked);

/// Makes the evidence under the checkpoint of `intact`, verifies it as its reader will, and writes it to
/// request.asked.evidence_file.
/// Errors: kNotFound  the log has no index.  As evidence::make_evidence; the file cannot be written.
Result<evidence::ProvenAnswer> write_evidence(const Request& request, const evidence::Asked& asked,
                                              const evidence::SeenIndexes& seen,
                                              const verify::Intact& intact);

}  // namespace varve::audit
