// Where PINs come from. Never from an argument: arguments are visible to every user of the system.
#pragma once

#include <string>

#include "ledger/base/result.h"
#include "ledger/env/secret.h"

namespace varve::hsm {

inline constexpr std::size_t kPinMax = 255;  // bytes

/// Reads a PIN from where `spec` says; one newline at its end is not part of it.
///   file:PATH  a file that only the service can read
///   fd:N       an open descriptor, read to its end and closed
///   env:NAME   an environment variable, which is removed so that no child inherits it
/// Errors: kInvalid  another spec; an empty or too long PIN, or one with what an editor leaves at
///                   the end of a line; a file that every user may use.
///         kNotFound  no such variable.  kIo  the file or descriptor cannot be read.
///         kBusy  no guarded memory is left.
/// Thread: call it from main before there are threads (env: changes the environment).
Result<env::SecretBytes> read_pin(const std::string& spec);

/// Whether read_pin would take `spec`. A file is read; a descriptor and a variable are not looked at:
/// they may be another process's, and can be read only once. Errors: as read_pin.
Result<void> check_pin(const std::string& spec);

}  // namespace varve::hsm
