// Logs as they are after years of use: a small segment for each day, written in this process by the
// ledger itself, under a clock that advances a day at a time.
#pragma once

#include "tools/bench/site.h"

namespace varve::bench {

inline constexpr unsigned kRecordsOfADay = 100;  // events, and the seals of their two requests

/// Appends days [from, to) of `all` to each of the site's first `logs` logs; day `all` is today.
/// Requires that no server runs. Errors: kIo  a log refused something; others as Log::open.
Result<void> load_days(const Site& site, unsigned logs, unsigned from, unsigned to, unsigned all,
                       std::size_t event_bytes);

}  // namespace varve::bench
