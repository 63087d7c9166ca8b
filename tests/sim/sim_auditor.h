// An auditor of a simulated log: it folds all records by the law, as varve-audit does. It also knows
// what no real auditor does, which is how long the log truly ran.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/env/filesystem.h"
#include "ledger/format/note.h"
#include "ledger/read/reader.h"
#include "ledger/state/storage.h"
#include "ledger/verify/log_fold.h"

namespace varve::sim {

class SimAuditor {
 public:
  SimAuditor(const format::VerifierKey& first, const env::Filesystem& disk)
      : first_(first), disk_(disk) {}

  /// Audits what the newest checkpoint covers. Returns what is wrong, or nothing: also when the token,
  /// which is needed for a segment's key, is away.
  /// `ran_us` is how long the machine has run since before the log was made.
  std::optional<std::string> audit(const state::Storage& storage, read::Reader& reader,
                                   std::uint64_t ran_us);
  /// Records of sources that sealed them, at the last audit that came to an end: all others are the
  /// log's own, or control records.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  std::optional<std::string> check_time(std::uint64_t ran_us) const;
  std::optional<std::string> check_months(std::uint64_t size) const;

  const format::VerifierKey first_;
  const env::Filesystem& disk_;
  std::optional<verify::LogFold> fold_;
  std::uint64_t sent_ = 0;
};

}  // namespace varve::sim
