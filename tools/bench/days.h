// Logs as they are after years of use: a small segment for each day, written in this process by the
// ledger itself, under a clock that advances a day at a time.
#pragma once

#include "tools/bench/site.h"

namespace varve::bench {

/// Events of two requests, the seal of each, and the clock record in front of each. Once a month, two more.
inline constexpr unsigned kRecordsOfADay = 100;

/// Appends days [from, to) of `all` to each of the site's first `logs` logs; day `all` is today.
/// Requires that no server runs. Errors: kIo  a log refused something. kInvalid  a day has no segment of
/// its own. Others as Log::open.
Result<void> load_days(const Site& site, unsigned logs, unsigned from, unsigned to, unsigned all,
                       std::size_t event_bytes);

}  // namespace varve::bench
