// varve-audit verify, of a COSE receipt.
#pragma once

#include "ledger/base/result.h"
#include "ledger/verify/verify_file.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// Errors: as verify::verify_cose_receipt; kInvalid  options that say nothing of such a receipt.
Result<Answer> verify_cose(Bytes receipt, const Request& request, const verify::Trust& trust);

}  // namespace varve::audit
