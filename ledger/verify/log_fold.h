// Everything that the records of a log say about each other, checked record by record: the
// sources' chains, the log's keys, the control records' numbers.
#pragma once

#include "ledger/base/result.h"
#include "ledger/base/types.h"
#include "ledger/format/newer.h"
#include "ledger/format/renewal.h"
#include "ledger/format/witness_policy.h"
#include "ledger/rules/grants.h"
#include "ledger/rules/indexed.h"
#include "ledger/rules/key_timeline.h"
#include "ledger/rules/retention.h"
#include "ledger/rules/stamp.h"
#include "ledger/rules/witnessed.h"
#include "ledger/verify/finding.h"
#include "ledger/verify/source_chains.h"

namespace varve::verify {

/// What the log says about its own re-reading of what it stores.
struct AuditRuns {
  std::uint64_t count = 0;
  LeafIndex last;             // the newest one's record
  std::uint64_t damaged = 0;  // files that it names
};

/// A renewal of the log's first records. Its signature is verified; its roots are the caller's to check.
struct RenewalAt {
  LeafIndex index;
  format::Renewal renewal;
};

/// What the records say about who may do what.
struct GrantsSeen {
  std::uint64_t count = 0;  // records
  std::optional<rules::GrantsAt> newest;
};

/// Records in which the log says who used it. What they say is its server's word.
struct ReportsSeen {
  std::uint64_t access = 0;
  std::uint64_t refusal = 0;
  std::uint64_t loss = 0;
};

/// The witnessed checkpoints in a log, and how a policy judges them.
struct WitnessedChecked {
  rules::WitnessedSeen seen;
  bool is_held = false;         // to a policy, and what follows is by that
  std::uint64_t judged = 0;     // by it; the others were read without it, or by another one
  std::uint64_t by_quorum = 0;  // of these
  LeafIndex newest_by_quorum;   // its record, where by_quorum is not 0
};

class LogFold {
 public:
  explicit LogFold(const format::VerifierKey& first);
  /// Cosignatures in the records to come are verified by it: one that is false is a finding. What was judged
  /// before counts where the text of the policy was the same. After decode(). It outlives this.
  void hold_to(const format::WitnessPolicy& policy);

  /// Takes the next record, or its tombstone; `leaf` is the record's hash. Nothing: it is as it must be.
  /// Requires format::expect_known(index, bytes).
  std::optional<Finding> apply(LeafIndex index, Bytes bytes, const Hash& leaf);
  /// The log ends here. Nothing: it may.
  [[nodiscard]] std::optional<Finding> finish() const;

  [[nodiscard]] const SourceChains& sources() const { return sources_; }
  [[nodiscard]] const rules::KeyTimeline& keys() const { return keys_; }
  [[nodiscard]] const rules::Retention& retention() const { return retention_; }
  [[nodiscard]] const AuditRuns& audit_runs() const { return audit_runs_; }
  [[nodiscard]] const GrantsSeen& grants() const { return grants_; }
  [[nodiscard]] const rules::Indexed& indexed() const { return indexed_; }
  [[nodiscard]] const ReportsSeen& reports() const { return reports_; }
  [[nodiscard]] const WitnessedChecked& witnessed() const { return witnessed_; }
  [[nodiscard]] const std::vector<RenewalAt>& renewals() const { return renewals_; }
  /// The trees that other records name, which the caller has not proven to be the log's.
  [[nodiscard]] const std::vector<rules::StatedTree>& stated() const { return stated_; }
  void stated_are_proven() { stated_.clear(); }
  [[nodiscard]] const format::NotUnderstood& not_understood() const { return not_understood_; }

  void encode(ByteWriter& out) const;
  /// Errors: kCorrupt, kInvalid  damaged.
  Result<void> decode(ByteReader& in);
  /// Kinds that were not understood, which few logs have, are saved apart.
  void encode_not_understood(ByteWriter& out) const { not_understood_.encode(out); }
  /// Errors: kInvalid  this program has rules for one of them: what was audited, was not by these.
  Result<void> decode_not_understood(ByteReader& in);

 private:
  Result<void> apply_record(const format::Record& record, LeafIndex index, Bytes bytes,
                            const Hash& leaf);
  Result<void> apply_control(const format::Record& record, const format::KindRow& kind,
                             const rules::Place& place);
  Result<void> key_event(std::string_view note, const rules::Place& place);
  Result<void> count_audit_run(std::string_view text, LeafIndex index);
  Result<void> renewal(std::string_view note, LeafIndex index);
  Result<void> stated(Result<rules::StatedTree> taken);
  Result<void> witnessed(std::string_view note, LeafIndex index);
  Result<void> grants(std::string_view text, LeafIndex index);
  Result<void> report(const format::Record& record);

  SourceChains sources_;
  rules::KeyTimeline keys_;
  rules::Retention retention_;
  std::uint64_t next_control_ = 0;
  AuditRuns audit_runs_;
  GrantsSeen grants_;
  rules::Indexed indexed_;
  ReportsSeen reports_;
  WitnessedChecked witnessed_;
  const format::WitnessPolicy* policy_ = nullptr;
  Hash judged_by_;  // SHA-256 of the text of the policy that judged, perhaps in an earlier run
  std::vector<RenewalAt> renewals_;
  std::vector<rules::StatedTree> stated_;
  format::NotUnderstood not_understood_;
};

}  // namespace varve::verify
