// Standard input (or any descriptor): lines, each an event. It cannot be read twice, so what was
// read and not yet spooled when the process is killed is the sender's to repeat.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/base/result.h"
#include "tools/collect/intake.h"

namespace varve::collect {

/// Reads until the end of the input, which ends the last line too, or until `stop`: then a line
/// that has not ended is not taken, and that is said. A batch is spooled when it is full or old
/// enough. Thread: one. Errors: kIo  the input cannot be read.  Those of Intake::flush.
Result<void> read_lines(int descriptor, Intake& intake, const std::atomic<bool>& stop);

}  // namespace varve::collect
