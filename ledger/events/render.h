// What was extracted, as lines for a person: varve-audit prints them, and tests compare them.
#pragma once

#include <string>

#include "ledger/events/extract.h"

namespace varve::events {

/// Lines, each with a newline. Every text from the payload is on one line, with control and direction
/// characters spelled out (ledger/base/visible.h).
std::string explain(const Extraction& extraction);

}  // namespace varve::events
