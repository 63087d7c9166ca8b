// Which time stamps a server gives to a log as evidence of the time, with nobody there who looks at them. The log's
// rules (R4 to R8) hold for whoever gives evidence; what is here holds in front of them for a machine alone: evidence
// is for ever, and a machine's clock and an authority's can be wrong alike. docs/operating/time-stamps.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/outbound/time_exchange.h"
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

/// Of the stamps over `tree`, one of each source, whose clocks agree with the machine's. `asked`: authorities.
EvidenceChoice choose_evidence(const rules::Retention& log, const format::Checkpoint& tree,
                               std::vector<TimeStamp> stamps, std::size_t asked);

}  // namespace varve::api
