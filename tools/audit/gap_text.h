// What a gap certificate shows, for people and for programs.
#pragma once

#include "ledger/verify/gap_check.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// "verified: ward-7/pacs sealed its events 0 to 980 without a gap: 981 events in 12 batches ..."
Answer gap_answer(const verify::ProvenEvents& events);

}  // namespace varve::audit
