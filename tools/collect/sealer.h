// Builds sealed batches: gives each event its place in the source's chain, and signs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/env/clock.h"
#include "ledger/env/random.h"
#include "ledger/format/batch.h"
#include "tools/collect/source_key.h"
#include "tools/collect/state.h"

namespace varve::collect {

struct BatchLimits {
  std::uint32_t events_max = 1'000;  // 1 ... format::kBatchRecordsMax
  std::size_t bytes_max = 1u << 20;  // a batch is full once it is this large
  std::uint64_t age_max_ms = 200;    // ... or this old, when reading what still grows
};

/// A batch as it will be sent, for ever the same bytes.
struct Sealed {
  Buffer bytes;
  std::uint64_t sequence = 0;
  std::uint32_t events = 0;
  std::uint32_t refused = 0;  // of these: records of what was too large
  Chain after;                // the chain once this batch is part of it
};

/// One batch at a time. Thread: one.
class Sealer {
 public:
  /// All references outlive the sealer. `chain` is where the source stands.
  Sealer(const SourceKey& key, std::string origin, BatchLimits limits, Chain chain,
         env::Clock& clock, env::Random& random);

  /// Takes one event, payload exactly as given.
  /// Errors: kInvalid  it does not fit a record; the batch is as it was before.
  Result<void> add(std::string_view media_type, Bytes payload) {
    return add(format::Kind::kEvent, media_type, payload);
  }
  /// The same of a record of another kind that the source may send.
  Result<void> add(format::Kind kind, std::string_view media_type, Bytes payload);

  [[nodiscard]] bool empty() const { return leaves_.empty(); }
  [[nodiscard]] bool full() const;
  /// Milliseconds until the oldest event in it has waited long enough; age_max_ms when empty.
  [[nodiscard]] std::uint64_t due_in_ms() const;

  /// Closes the batch. Requires !empty(). The next one continues the chain after it.
  Result<Sealed> seal();

 private:
  Result<Buffer> sign_seal(std::uint64_t time_us);

  const SourceKey& key_;
  std::string origin_;
  BatchLimits limits_;
  Chain chain_;
  env::Clock& clock_;
  env::Random& random_;
  Buffer bundle_;
  std::vector<Hash> leaves_;
  std::uint64_t since_ms_ = 0;
};

}  // namespace varve::collect
