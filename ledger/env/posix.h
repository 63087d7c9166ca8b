// The real environment.
#pragma once

#include <cstdint>
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
/// Names this run of the machine's kernel: another one since each start. Empty where the system does not
/// say. Nobody needs to keep it secret, and it is written nowhere as it is.
std::string boot_id();
Random& system_random();
/// `root` exists. Errors: kNotFound, kIo.
Result<std::unique_ptr<Filesystem>> open_posix(const std::string& root);

/// What users who are neither a file's owner nor in its group may do with it.
enum class Others : std::uint8_t { kNothing, kRead };

/// Refuses a secret that others may read, and a file or directory that others may write although
/// this process believes what is there. Pipes and devices are taken as they are.
/// Errors: kInvalid  says the mode and the command that mends it.  kNotFound, kIo.
Result<void> check_mode(const std::string& path, Others may);

/// A lock for one who only reads: any number may have it, while nobody has that of
/// Filesystem::lock. Needs no right to write; a lock file that is not there is not made.
/// Errors: as Filesystem::lock.
Result<std::unique_ptr<Lock>> lock_for_reading(const std::string& directory,
                                               const std::string& name);

/// Opens /dev/null under each of the numbers 0, 1 and 2 that is closed: a file of a store that got
/// such a number would be written into by whatever prints, also by a library. Opened the wrong way
/// round (0 for writing, 1 and 2 for reading), so that using them fails as it did while they were
/// closed. Requires that nothing was opened yet and that there is one thread.
/// Errors: kIo  /dev/null cannot be opened.
Result<void> open_standard_descriptors();

/// Makes this process undumpable (no core, no ptrace by others) and ignores SIGPIPE.
void harden_process();

}  // namespace varve::env
