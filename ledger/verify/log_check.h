// The audit of a whole log: every record, every hash, every signature, from the first record to
// the checkpoint, in one pass and with memory that does not depend on the log's size.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/signed_checkpoint.h"
#include "ledger/rules/tombstone_check.h"
#include "ledger/verify/finding.h"
#include "ledger/verify/log_fold.h"
#include "ledger/verify/log_source.h"
#include "ledger/verify/open_keys.h"
#include "ledger/verify/tree_check.h"

namespace varve::verify {

struct Intact {
  format::SignedCheckpoint checkpoint;
  std::uint64_t batches = 0;
  std::map<SourceId, Chain> chains;  // of all sources, and of the log itself
  AuditRuns audit_runs;
  GrantsSeen grants;
  ReportsSeen reports;
  WitnessedChecked witnessed;
  rules::DestroyedMonths destroyed;  // events that are gone, says the server: their hashes are in
                                     // the tree and under their seals, and the rest is possible
  format::NotUnderstood not_understood;  // newer kinds: hashed and counted, nothing more
  std::vector<RenewalAt> renewals;  // of this tree; what they say of it under their own function
                                    // takes a walk of its own: renewals.h
  rules::Retention retention;
};

/// What has been audited so far. It can be saved after any step and continued by another process,
/// also when the log has grown meanwhile.
/// Errors of the steps: kCorrupt  the log is not intact, finding() says where: stop.
///                      kIo       it could not be read: the step may be repeated.
///                      kNotFound the log is newer than this program, which cannot go on: of a
///                                record that is proven to be in the signed tree.
class LogCheck {
 public:
  /// `first` is the log's first key: all that is trusted. `now_us` is the time here: no key was
  /// destroyed after it.
  LogCheck(const format::VerifierKey& first, const LogSource& source, std::uint64_t now_us);

  /// Shows each entry, once it is audited, to somebody who keeps some: a record or a tombstone. What is
  /// shown is the log's only when finish() says so. First of all.
  using Watch = std::function<void(LeafIndex index, Bytes entry)>;
  void watch(Watch watch) { watch_ = std::move(watch); }
  /// As LogFold::hold_to().
  void hold_to(const format::WitnessPolicy& policy) { fold_.hold_to(policy); }
  /// Reads checkpoint and keys, verifies them, and settles the tree to audit. First of all but watch().
  Result<void> begin();
  /// Another checkpoint of this log, from earlier or from elsewhere, that must be a prefix of the
  /// tree to audit. After begin().
  Result<void> must_extend(std::string_view older_note);
  /// Audits up to one more tile of records. Requires !done().
  Result<void> step();
  [[nodiscard]] bool done() const { return tree_.size() == target_.checkpoint.size; }
  /// The rest, once all records are done: the root, what is left open, older checkpoints.
  Result<Intact> finish();

  [[nodiscard]] const std::optional<Finding>& finding() const { return finding_; }
  /// As the source says; finish() compares them with the log's own. Requires begin().
  [[nodiscard]] const rules::KeyTimeline& keys() const { return keys_->timeline; }
  [[nodiscard]] TreeSize audited() const { return tree_.size(); }
  [[nodiscard]] const format::SignedCheckpoint& target() const { return target_; }

  [[nodiscard]] Buffer save() const;
  /// Before begin(). Errors: kInvalid  not such a state, damaged, or of another log or key.
  Result<void> resume(Bytes saved);

 private:
  Error found(Finding finding);
  Error found(rules::ImpossibleTombstone wrong);
  Error found(Error error, std::string_view check, std::optional<LeafIndex> index = {});
  Result<void> take(LeafIndex index, Bytes record, const Hash& expected);
  Result<void> take_again(LeafIndex index, Bytes record);
  Error newer_than_this(LeafIndex index, const Hash& leaf, Error newer);
  Result<void> compare_leaf(LeafIndex index, Bytes record, const Hash& leaf, const Hash& expected);
  Result<void> prove_prefixes();
  Result<void> prove_renewals();
  Result<void> prove_stated_trees();
  Result<void> prove_named(LeafIndex index, const std::string& check, const char* it_is,
                           TreeSize size, const Hash& root);
  Result<bool> is_prefix(TreeSize size, const Hash& root) const;

  format::VerifierKey first_;
  const LogSource& source_;
  LogFold fold_;
  TreeCheck tree_;
  std::optional<VerifiedKeys> keys_;  // as the source says; compared with the log's own
  format::SignedCheckpoint target_;
  std::vector<format::SignedCheckpoint> prefixes_;  // checkpoints that the target must extend
  rules::TombstoneCheck tombstones_;
  std::optional<Finding> finding_;
  Watch watch_;
};

}  // namespace varve::verify
