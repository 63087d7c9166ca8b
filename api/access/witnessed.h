// What witnesses say of a log: the newest checkpoint that enough of them have cosigned, and who is in trouble.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/base/types.h"

namespace varve::api {

/// What the metrics and /readyz say of a witness that the log asks.
struct WitnessStatus {
  std::string name;   // of the policy
  TreeSize cosigned;  // the largest tree that it cosigned, as far as this server knows
  std::uint64_t cosigned_s =
      0;                       // when its last cosignature came, since 1970; 0: not since the start
  std::uint64_t failures = 0;  // since the start: requests without a cosignature
  std::string
      alarm;  // what it said when it first had cosigned another history of this log, or more of it;
              // empty: it never did, or a person has looked
  std::string trouble;  // why the last request brought none; empty: it did
};

struct WitnessedStatus {
  TreeSize size;        // of the newest witnessed checkpoint; 0: there is none
  std::string trouble;  // why what was kept cannot be used; empty: it can
  std::string
      key_trouble;  // why the log's witness key signed no checkpoint; empty: it did, or there is none
  std::vector<WitnessStatus> witnesses;
  std::string
      record_trouble;  // why the log did not take today's as a record; empty: it did, or need not
  std::string evidence_trouble;  // the same of the cosignatures as evidence of the time
  bool evidence_waits = false;   // evidence_trouble ends by itself
};

/// Thread: any. Nothing here waits.
class WitnessedCheckpoints {
 public:
  virtual ~WitnessedCheckpoints() = default;
  /// A note with the log's signatures and all cosignatures known, a quorum by the policy. It is durable
  /// before it is here. Null: there is none.
  [[nodiscard]] virtual std::shared_ptr<const std::string> newest() const = 0;
  [[nodiscard]] virtual WitnessedStatus status() const = 0;
};

}  // namespace varve::api
