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

/// Makes this process undumpable (no core, no ptrace by others) and ignores SIGPIPE.
void harden_process();

}  // namespace varve::env
