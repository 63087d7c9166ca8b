// Makes evidence from a log that an audit has found intact: it makes the indexes again from the records, and so
// names one that does not say what its records say.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/evidence/asked.h"
#include "ledger/format/month_secret.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/index/index.h"
#include "ledger/verify/log_source.h"

namespace varve::evidence {

/// What of a log indexes are made of, kept while an audit of the whole log walks past it. Memory: some 700
/// bytes an index.
class SeenIndexes {
 public:
  struct At {
    LeafIndex record;
    Buffer bytes;  // whole
    format::IndexCommitment says;
  };
  /// The next entry of the log, from its first one on.
  void see(LeafIndex index, Bytes entry);
  [[nodiscard]] const std::vector<At>& all() const { return indexes_; }
  /// Null: it is gone, or never was.
  [[nodiscard]] const format::MonthSecret* secret_of(std::uint32_t month) const;

 private:
  std::vector<At> indexes_;
  std::map<std::uint32_t, format::MonthSecret> secrets_;
};

/// Makes an index again from the records that `log` has. Nothing: an event in it, or the month's secret, is
/// gone. Memory: as IndexBuilder, and a bundle.
/// Errors: kCorrupt  the log committed to another index than its records make.  As `log`.
Result<std::optional<index::Index>> remake(const SeenIndexes& seen, const SeenIndexes::At& at,
                                           const verify::LogSource& log, TreeSize size);

/// Requires that question_of(asked) is one, that an index was seen, and that `seen` saw all that `in` covers.
/// Errors: kInvalid  it would be larger than evidence may be.  As remake.
Result<format::AnswerEvidence> make_evidence(const Asked& asked, const SeenIndexes& seen,
                                             const format::SignedCheckpoint& in,
                                             const verify::LogSource& log);

}  // namespace varve::evidence
