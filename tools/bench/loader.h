// A big log, fast: the ledger itself in this process, with its real files, encryption and token,
// but without HTTP.
#pragma once

#include "hsm/token.h"
#include "ledger/ledger.h"
#include "tools/bench/site.h"

namespace varve::bench {

inline constexpr unsigned kSmallEvent = 40;  // bytes; what a big log is filled with

/// Appends `leaves` records: events of `event_bytes`, and the seals of their batches.
/// Requires that the site's server was started once, and does not run.
/// Errors: kIo  the log refused something; others as Log::open.
Result<void> load_log(const Site& site, std::uint64_t leaves, std::size_t event_bytes);

/// The same, into a log that is open.
Result<void> load_into(const Site& site, Log& log, std::uint64_t leaves, std::size_t event_bytes);

/// The site's token, and one of its logs as varved opens it; without scrubs.
Result<std::unique_ptr<hsm::Token>> open_token(const Site& site);
Result<LogOptions> options_of(hsm::Token& token, unsigned log);

}  // namespace varve::bench
