// From which addresses anybody may come in by one way. Whoever may not is not spoken to, so that all an outsider costs
// is a look at a list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/access/journal.h"
#include "api/access/traffic.h"
#include "api/common/addresses.h"
#include "ledger/base/mutex.h"
#include "ledger/env/clock.h"

namespace varve::api {

/// Thread: any.
class AllowedAddresses {
 public:
  /// All outlive it. `way`: "https:8443", for the journal.
  AllowedAddresses(std::string way, Networks networks, Traffic& traffic, Journal& journal,
                   env::Clock& clock)
      : way_(std::move(way)),
        traffic_(traffic),
        journal_(journal),
        clock_(clock),
        networks_(std::move(networks)) {}

  /// From now on; none: everybody may.
  void set(Networks networks);
  /// Counts who may not, and writes a line into the journal at most once a minute, with how many there were. nullopt:
  /// nobody knows where it comes from, so it may not where there is a list.
  bool let_in(const std::optional<Address>& address);

 private:
  const std::string way_;
  Traffic& traffic_;
  Journal& journal_;
  env::Clock& clock_;
  Mutex mutex_;
  Networks networks_ GUARDED_BY(mutex_);
  std::uint64_t refused_ GUARDED_BY(mutex_) = 0;  // since the last line
  std::optional<std::uint64_t> told_ms_ GUARDED_BY(mutex_);
};

}  // namespace varve::api
