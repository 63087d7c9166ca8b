// What to do with each answer of the log: a table, so that it can be tested row by row.
#pragma once

#include <cstdint>

#include "ledger/base/result.h"
#include "ledger/env/random.h"
#include "tools/client/http.h"

namespace varve::collect {

enum class Next : std::uint8_t {
  kStored,  // 200, 201: check the receipt
  kRetry,   // the same bytes, later
  kResend,  // 409 out of order: from Verdict::sequence on
  kStop,    // repeating it cannot help; nothing is dropped
};

struct Verdict {
  Next next = Next::kStop;
  std::uint64_t sequence = 0;          // kResend: the batch that the log expects
  std::uint64_t wait_at_least_ms = 0;  // kRetry: from Retry-After
  Error error{Code::kInvalid, ""};     // kRetry, kStop: what the log or the network said
};

/// An answer to POST /batches. No answer at all (kBusy) is a kRetry; kIo (a certificate that is not
/// trusted) and kInvalid are a kStop.
Verdict judge(const Result<client::HttpResponse>& answer);

/// How long to wait before the retry after `failures` failures in a row (1 ...): from 0.2 s
/// doubling to 30 s, of which a random part up to half is left out, so that many collectors do not
/// come back together; never less than `at_least_ms`.
std::uint64_t backoff_ms(std::uint32_t failures, std::uint64_t at_least_ms, env::Random& random);

}  // namespace varve::collect
