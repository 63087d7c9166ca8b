// What only a server of the log can know: a key that the secret of a month gives. That secret lies in the log, where
// the store has it encrypted, and readers of records have it in clear.
#pragma once

#include <optional>
#include <string_view>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve {
class Log;
}

namespace varve::api {

struct ReadsKey {
  LeafIndex secret;  // the record that it comes from
  Hash key;

  /// HMAC-SHA-256 of the text.
  [[nodiscard]] Hash authenticate(std::string_view text) const;
};

/// The record of the newest month's secret. Nothing: the log has no months.
std::optional<LeafIndex> newest_secret(const Log& log);
/// From the secret of the newest month. Errors: kNotFound  that month has none.  As Log::records.
Result<ReadsKey> newest_reads_key(const Log& log);
/// From that record. Errors: kCorrupt  it is no secret of a month, or is not there.  kIo, kBusy  as Log::records.
Result<ReadsKey> reads_key_of(const Log& log, LeafIndex secret);

}  // namespace varve::api
