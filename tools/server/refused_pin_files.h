// A file in the data directory for each token that refused its PIN: while it is there, varved does
// not try that PIN, however often it is started. An operator who has corrected the PIN removes it.
#pragma once

#include <memory>
#include <string>

#include "hsm/pin_latch.h"
#include "ledger/env/filesystem.h"

namespace varve::tools {

/// "PIN-REFUSED.varve.9870e414183b9347": label and serial, percent-encoded. No log is called so.
std::string refused_pin_file(const hsm::Slot& token);

/// `files` are those of `data`, which is how messages name the directory.
std::shared_ptr<hsm::PinLatch> refused_pin_files(std::unique_ptr<env::Filesystem> files,
                                                 std::string data);

}  // namespace varve::tools
