// Attributes are claims: tokens exist that report NEVER_EXTRACTABLE for a key that can be wrapped out
// and read. A throw-away key is therefore attacked before a real one is made.
#pragma once

#include <functional>

#include "hsm/session.h"
#include "ledger/format/key_statement.h"
#include "ledger/format/note.h"

namespace varve::hsm {

struct KeyPair {
  Object public_key = CK_INVALID_HANDLE;
  Object private_key = CK_INVALID_HANDLE;
};

/// Tries to read the private value, to wrap it out, and to make the key or a copy of it
/// extractable or readable. Requires a throw-away pair.
/// Errors: kBusy  the token failed.
Result<format::ProbeOutcome> probe_private_key(Session& session, Object private_key);

/// Nothing when every attack was refused. Errors: kIo  one of them succeeded: says which.
Result<void> must_hold(const format::ProbeOutcome& outcome);

}  // namespace varve::hsm
