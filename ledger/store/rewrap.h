// Wrapping the data keys of a month under another key-encryption key, without touching the data.
#pragma once

#include "ledger/store/data_keys.h"
#include "ledger/store/month_keys.h"

namespace varve::store {

/// Unwraps the data key of each segment of the month, or key period, by `keys`, wraps it in `vault` under the key
/// `label` (made when it is not there), unwraps that once for comparison, and puts all of them into
/// the month's file at once. New segments of the month use that key from then on. A server may be
/// running: a segment that it opens meanwhile under the old key is taken in a further round.
/// Returns how many segments there are. It may be repeated after any failure.
/// Errors: kWorm  the month was disposed of: no key is made for it again.  kIo  the token does not give
///         back what it wrapped.  kFull, kCorrupt.  Others as KeyVault.
Result<std::size_t> rewrap_month(env::Filesystem& files, KeyPeriod period, DataKeys& keys,
                                 env::KeyVault& vault, const std::string& label);

}  // namespace varve::store
