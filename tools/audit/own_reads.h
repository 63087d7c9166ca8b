// What this program has read of a log is itself a record of it, a moment later: a copy that shall be whole
// waits for that record.
#pragma once

#include <cstdint>

#include "tools/audit/commands.h"

namespace varve::audit {

/// Waits until all that the request's client has read of events is on record in the log: for ten seconds at
/// most, because a log may take no records for longer. Returns how many requests are not on record even then.
/// A server that puts nothing on record, such as a plain file server, is not waited for.
/// Errors: as RemoteLog::fetch. kInvalid  the server's answer is none.
Result<std::uint64_t> wait_for_own_reads(const Request& request);

}  // namespace varve::audit
