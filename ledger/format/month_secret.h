// The secret of a month: what its indexes are made with. It stands among the month's events, so it
// goes with them. docs/format/retention.md
#pragma once

#include <cstdint>

#include "ledger/base/result.h"
#include "ledger/base/types.h"

namespace varve::format {

// Payload, big-endian:
//   off size field
//     0    4 version  1
//     4    4 month    as in the segment header
//     8   32 secret   random
inline constexpr std::uint32_t kMonthSecretVersion = 1;
inline constexpr std::size_t kMonthSecretSize = 40;

struct MonthSecret {
  std::uint32_t month = 0;
  Hash secret;  // 32 random bytes
};

Buffer encode_month_secret(const MonthSecret& secret);
/// Errors: kInvalid  another length or version.
Result<MonthSecret> decode_month_secret(Bytes payload);

}  // namespace varve::format
