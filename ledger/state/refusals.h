// What a sender is told of a source event that may not come next. Private to this folder.
#pragma once

#include <optional>

#include "ledger/base/result.h"
#include "ledger/rules/source_event.h"

namespace varve::state {

Error not_registered();
Error is_reserved();
/// Requires a breach. `known`: the source, if it is registered.
Error refusal_of(const rules::JudgedSourceEvent& judged,
                 const std::optional<rules::Registered>& known);

}  // namespace varve::state
