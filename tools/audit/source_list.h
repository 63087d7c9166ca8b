// varve-audit sources: who sent to an audited log, as a person and as a program reads it.
#pragma once

#include <cstdint>

#include "ledger/verify/log_check.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// A line for each source, the log itself first. A log is intact only when no source's numbers have a
/// gap and none is there twice, so every line says that.
Answer describe_sources(const verify::Intact& intact);
/// "silent for 3 d 4 h" of what was sealed then, in two units; "" when it is not over.
std::string silence_text(std::uint64_t sealed_us, std::uint64_t now_us);

}  // namespace varve::audit
