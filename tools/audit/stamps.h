// --stamped: what was verified was there before the time that an authority stamped it.
#pragma once

#include "ledger/base/result.h"
#include "ledger/format/checkpoint.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// The answer with what the time stamps say of `tree`; as it was where none were given.
/// Errors: as verify::verify_stamped; kInvalid  --authority too.  As tools::read_file.
Result<Answer> with_stamps(const Request& request, const format::Checkpoint& tree, Answer answer);

}  // namespace varve::audit
