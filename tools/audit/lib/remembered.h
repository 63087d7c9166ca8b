// The last checkpoint an auditor saw of each log, kept across runs: what makes a log that was cut
// or forked impossible to pass off as the old one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ledger/base/result.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/key_timeline.h"

namespace varve::audit {

/// Proves that `newer` begins with `older`. Errors: kCorrupt  it does not.  Others: no proof.
using Prove =
    std::function<Result<void>(const format::Checkpoint& older, const format::Checkpoint& newer)>;

class Remembered {
 public:
  /// `directory` exists; it may hold the checkpoints of many logs.
  Remembered(std::string directory, const std::string& origin);

  /// The note that was kept last. Nothing: none was yet. Errors: kIo, kInvalid.
  [[nodiscard]] Result<std::optional<std::string>> note() const;

  /// Compares `now` with what was kept, has the consistency proven, and keeps `now` (durably).
  /// Returns the size that was kept before, if any.
  /// Errors: kCorrupt  cut or forked: both notes are kept as evidence, the message says where.
  ///         Others as `prove` gives them, kIo, kFull: what was kept stays.
  Result<std::optional<TreeSize>> update(const format::SignedCheckpoint& now,
                                         const rules::KeyTimeline& keys, const Prove& prove) const;
  /// Keeps `now`, which the caller has proven to extend what was kept.
  [[nodiscard]] Result<void> keep(const format::SignedCheckpoint& now) const;
  /// Writes both notes to a file of their own and returns its path. Errors: kIo, kFull.
  [[nodiscard]] Result<std::string> keep_evidence(const std::string& then,
                                                  const std::string& now) const;

  /// Where the state of an unfinished or earlier audit is.
  [[nodiscard]] std::string audit_path() const { return base_ + ".audit"; }
  /// The next audit begins at record 0. Errors: kIo.
  [[nodiscard]] Result<void> forget_audit() const;

 private:
  Error conflict(const std::string& then, const format::SignedCheckpoint& now,
                 const std::string& why) const;

  std::string base_;  // directory/origin, without an ending
};

}  // namespace varve::audit
