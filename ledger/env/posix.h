// The real environment.
#pragma once

#include <memory>
#include <string>

#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/env/filesystem.h"
#include "ledger/env/random.h"

namespace varve::env {

/// sodium_init, once. Everything that touches SecretBytes or Random calls it first (in main).
/// Errors: kIo  libsodium could not start.
Result<void> initialize();

Clock& posix_clock();
Random& system_random();
/// `root` exists. Errors: kNotFound, kIo.
Result<std::unique_ptr<Filesystem>> open_posix(const std::string& root);

/// Opens /dev/null under each of the numbers 0, 1 and 2 that is closed: a file of a store that got
/// such a number would be written into by whatever prints, also by a library. Opened the wrong way
/// round (0 for writing, 1 and 2 for reading), so that using them fails as it did while they were
/// closed. Requires that nothing was opened yet and that there is one thread.
/// Errors: kIo  /dev/null cannot be opened.
Result<void> open_standard_descriptors();

/// Makes this process undumpable (no core, no ptrace by others) and ignores SIGPIPE.
void harden_process();

}  // namespace varve::env
