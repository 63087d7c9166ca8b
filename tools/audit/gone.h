// How an answer tells of events that are gone, or said to be: a line and a JSON object for each
// month, and an exit code of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/rules/tombstone_check.h"
#include "tools/audit/commands.h"

namespace varve::audit {

/// Events that a copy holds and the server has tombstones for, by month. They stay in the copy.
using KeptEvents = rules::DestroyedMonths;

/// "intact", or "intact, but 5 events are gone"; and the member "result" that says the same.
std::string verdict(const rules::DestroyedMonths& months);
std::string_view result_word(const rules::DestroyedMonths& months);
std::uint64_t events_gone(const rules::DestroyedMonths& months);

/// [{"month":"2026-01","events":5,"destroyed":"2027-12-02T08:00:00Z"}]
std::string months_json(const rules::DestroyedMonths& months);
/// A line for each month, behind the answer's line.
void add_gone(const rules::DestroyedMonths& months, Answer& answer);
/// The same of events that are kept, and in the JSON, which is whole already. Nothing when there
/// are none.
void add_kept(const KeptEvents& kept, Answer& answer);
/// The same of events that the copy had until now.
void add_forgotten(const rules::DestroyedMonths& forgotten, Answer& answer);

}  // namespace varve::audit
