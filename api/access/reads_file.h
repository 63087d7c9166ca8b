// The file `reads` in a log's store: that a server runs, and what it left when it ended. So the next start
// knows whether reads may be missing, and goes on with what was not written yet. Nobody who has not the log's secret
// can write one. docs/format/access.md
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/reads_key.h"
#include "ledger/base/result.h"
#include "ledger/env/filesystem.h"
#include "ledger/ledger.h"

namespace varve::api {

/// What the run before left.
struct LeftReads {
  std::optional<std::uint64_t>
      lost_since_us;                 // it did not end in order: reads since then may be missing
  std::vector<Report> reports = {};  // that the log does not have yet
};

/// While a server runs: what was answered before `us` is in the log, and these reports may not be.
std::string running_reads_text(const ReadsKey& key, std::uint64_t us,
                               const std::vector<Report>& spooled = {});
/// After it ended in order.
std::string ended_reads_text(const ReadsKey& key, const std::vector<Report>& reports);
/// `key_of`: the key from that record. Errors: kCorrupt  not exactly one of these, or by another key.  As `key_of`.
Result<LeftReads> parse_left_reads(std::string_view text,
                                   const std::function<Result<ReadsKey>(LeafIndex)>& key_of);

/// Thread: one at a time.
class ReadsFile {
 public:
  /// `files` is the log's store, and outlives it, as the log does.
  ReadsFile(env::Filesystem& files, const Log& log) : files_(files), log_(log) {}

  /// Errors: kNotFound  no server that puts reads on record has run on this store.  kBusy  the token does not answer.
  /// kCorrupt, kIo.
  [[nodiscard]] Result<LeftReads> read() const;
  /// What read() does not understand may hold reports that the log does not have: it is kept under the name that is
  /// returned. Errors: kIo.
  Result<std::string> keep_aside(std::uint64_t us);
  /// A server runs from now on, and the log does not have these yet. Durable; on an error the file says what it said or
  /// this: nobody knows whether its name is on the disk. Asks the token for the key of a month; where it gives none, an
  /// earlier one does. Errors: kNotFound  the log has no secret to write it with.  kBusy  the token does not answer.
  /// kFull, kIo.
  Result<void> run(std::uint64_t us, const std::vector<Report>& spooled);
  /// Whether run() has written it.
  [[nodiscard]] bool runs() const { return key_.has_value(); }
  /// All that was answered before then is in the log. Not synced: what a crash of the machine leaves is an
  /// earlier time, which is true too. Requires that the last run() had no reports.
  Result<void> advance(std::uint64_t us);
  /// It ends in order, and leaves these. Durable. Errors: as run().
  Result<void> end(const std::vector<Report>& reports);

 private:
  env::Filesystem& files_;
  const Log& log_;
  std::optional<ReadsKey> key_;  // from run() on
};

}  // namespace varve::api
