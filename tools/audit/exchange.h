// What a killed run left of an exchange of events for tombstones: the next run ends it, unless the mirror's owner has
// come to keep such a month meanwhile. docs/format/observations.md
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "ledger/base/key_period.h"
#include "ledger/base/result.h"
#include "tools/audit/commands.h"
#include "tools/audit/export_writer.h"

namespace varve::audit {

/// Where what takes the place of a file of the mirror waits.
std::string prepared_path(const std::string& path);

/// Makes the mirror forget what it audited: what was audited is not what will be there.
using ForgetAudit = std::function<Result<void>()>;

/// Puts everything that the list names (tools/common/mirror.h) in its place; when there is no list, removes what was
/// prepared for one. Calls `forget_audit` first. Does not ask what the owner keeps.
/// Errors: kCorrupt  the list names other files than these; as ExportWriter::put.
Result<void> end_exchange(ExportWriter& writer, const ForgetAudit& forget_audit);

/// Events that an exchange would have taken and that are in the mirror still: so many of each month or key period.
using StayingEvents = std::map<KeyPeriod, std::uint64_t>;

/// end_exchange(), unless the file `keep` names a month of which events would go, or cannot be read: then what has not
/// gone stays, but for the rest of a batch that is half gone, of all months of the exchange. The mirror's observations
/// say what went. The caller judges these months again. A crash in between leaves an exchange that this ends.
/// `stopped`: what stays. The next run does not know of it, so the caller tells of it also where this fails.
/// Errors: as there.
Result<void> end_exchange_unless_kept(ExportWriter& writer, const ForgetAudit& forget_audit,
                                      StayingEvents& stopped);

/// "... was interrupted, and ...", and a member `stopped`.
void add_stopped(const StayingEvents& months, Answer& answer);
/// The same, of a run that failed.
Error with_stopped(const StayingEvents& months, Error error);

}  // namespace varve::audit
