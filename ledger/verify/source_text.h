// How a source is named by what verifies: a record has its id alone.
#pragma once

#include <string>

#include "ledger/base/types.h"

namespace varve::verify {

/// "d9944adc59a7f1e5"
std::string source_hex(SourceId id);
/// "the log itself", or "source d9944adc59a7f1e5".
std::string source_text(SourceId id);

}  // namespace varve::verify
