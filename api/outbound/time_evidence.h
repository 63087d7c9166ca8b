// Which time stamps a server gives to a log as evidence of the time, with nobody there who looks at them. The log's
// rules (R4 to R8) hold for whoever gives evidence; what is here holds in front of them for a machine alone: evidence
// is for ever, and a machine's clock and an authority's can be wrong alike. docs/operating/time-stamps.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/outbound/clock_watch.h"
#include "api/outbound/time_exchange.h"
#include "ledger/env/filesystem.h"
#include "ledger/ledger.h"

namespace varve::api {

/// How far evidence may be from what the log knows without a person: it may have been stopped over some days, and its
/// newest clock record may be a day or two old.
inline constexpr std::uint64_t kAheadMax_us = 5 * format::kDayUs;
inline constexpr std::uint64_t kBehindMax_us = format::kDayUs;
/// Two clocks that each agree with this machine's, and their accuracies.
inline constexpr std::uint64_t kFutureMargin_us = 4 * format::kMinuteUs;

/// Nothing in it: none is due.
struct EvidenceChoice {
  std::vector<TimeStamp> stamps;
  std::string trouble;      // why there are none, for people
  bool is_waiting = false;  // the trouble ends by itself: sources count later
};

/// Whether a day has passed since the newest evidence, and `later_us` more, by these stamps or by the log's own clock.
/// Who would give it does not matter.
bool is_evidence_due(const rules::Retention& log, const std::vector<TimeStamp>& stamps,
                     std::uint64_t later_us);

/// Of the stamps over `tree`, one of each source, whose clocks agree with the machine's. `asked`: who may stamp.
/// `later_us`: by which others go first.
EvidenceChoice choose_evidence(const rules::Retention& log, const format::Checkpoint& tree,
                               std::vector<TimeStamp> stamps, std::size_t asked,
                               std::uint64_t later_us = 0);

/// Why a machine gives none now, whatever is chosen: its clock was set within a day, or the disk has no more than what
/// the log keeps in reserve. Empty: it may.
std::string why_not_now(const ClockWatch& watch, std::uint64_t steady_ms, const Log& log,
                        const env::Filesystem& files);

/// Has the log take them, and waits for its answer. Errors: as Log::append_timestamps.
Result<Appended> give_evidence(Log& log, const format::Checkpoint& tree,
                               const std::vector<TimeStamp>& stamps);

}  // namespace varve::api
