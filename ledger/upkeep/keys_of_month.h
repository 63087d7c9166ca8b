// What tells whether a month's events can still be decrypted, whatever a tombstone says of its key.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ledger/base/key_period.h"
#include "ledger/base/result.h"

namespace varve::upkeep {

/// Names of the keys of that month, or key period, that a token has: the first one and those that took its
/// place. Errors: kBusy, kIo  a token does not answer.
using KeysOfMonth = std::function<Result<std::vector<std::string>>(KeyPeriod period)>;

}  // namespace varve::upkeep
