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
#include "ledger/rules/retention.h"
#include "ledger/verify/log_source.h"

namespace varve::evidence {

/// What of a log indexes are made of, kept while an audit of the whole log walks past it. Memory: some 700
/// bytes an index, and 16 a stretch of records that are gone.
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
  /// Whether a tombstone was there.
  [[nodiscard]] bool is_gone(LeafIndex index) const;
  /// The record that disposes of the month; null: there is none.
  [[nodiscard]] const format::AnswerEvidence::Entry* disposal_in(LeafIndex record) const;

 private:
  std::vector<At> indexes_;
  std::map<std::uint32_t, format::MonthSecret> secrets_;
  std::map<std::uint64_t, std::uint64_t> gone_;  // first record of a stretch, and behind its last
  std::vector<format::AnswerEvidence::Entry> disposals_;
};

/// The log that an audit has found intact, to be read once more: it is held against what was audited.
struct Audited {
  const SeenIndexes& seen;  // of all that the checkpoint covers
  const rules::Retention& retention;
  const format::SignedCheckpoint& in;
  const verify::LogSource& log;
};

/// Makes an index again from the records that the log has. Nothing: an event in it, or the month's secret, is
/// gone. Memory: as IndexBuilder, 32 bytes a record, and a bundle.
/// Errors: kCorrupt  the log committed to another index than its records make, or gives other records than
///         before.  kNotFound  it was made by another version of the rules.  As `log`.
Result<std::optional<index::Index>> remake(const Audited& audited, const SeenIndexes::At& at);

/// Requires that question_of(asked) is one, and that an index was seen.
/// Errors: kInvalid  it would be larger than evidence may be.  kNotFound  what an index was made of is gone, and
///         no record disposes of it.  As remake.
Result<format::AnswerEvidence> make_evidence(const Asked& asked, const Audited& audited);

}  // namespace varve::evidence
