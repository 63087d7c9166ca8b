// varve-audit sources: who sent to an audited log, as a person and as a program reads it.
#pragma once

#include "ledger/verify/log_check.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// A line for each source, the log itself first. A log is intact only when no source's numbers have a
/// gap and none is there twice, so every line says that. Of a source whose newest event is a heartbeat, it also
/// says whether it is alive, overdue or stopped, by the clock here.
Answer describe_sources(const verify::Intact& intact);

}  // namespace varve::audit
