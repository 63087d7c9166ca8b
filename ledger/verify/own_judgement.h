// Whether a mirror may follow its log and let a month go: by what the mirror itself saw, and when. A
// thief with the log's keys and its server can write a policy, approvers, a clock and a disposal that
// break none of the log's rules. What he cannot write is what a mirror saw years ago.
// docs/format/observations.md, "Own judgement"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/base/result.h"
#include "ledger/format/observations.h"
#include "ledger/format/record.h"
#include "ledger/rules/key_history.h"
#include "ledger/rules/retention.h"
#include "ledger/verify/own_time.h"

namespace varve::verify {

/// Whether a mirror judges by records of this kind: key events, policies, holds, notices, disposals.
bool is_act(format::Kind kind);

/// Who approved of a record: the approvers that the log had, each key once, and since when.
struct Approval {
  LeafIndex at;              // the record
  std::uint32_t needed = 0;  // so many, and two at least
  std::vector<rules::Approver> by{};
};

/// What a mirror's judgement needs of the acts of a log, in whose records it was audited before: here
/// only who did what where is taken from them.
class Acts {
 public:
  explicit Acts(const format::VerifierKey& first);
  /// The next one, in the log's order. Errors: kInvalid, kCorrupt  it is no such record, or of
  /// another log: what the mirror reads is not what was audited.
  Result<void> take(LeafIndex index, const format::Record& record, const Hash& leaf);

  struct Release {
    std::string hold;
    Approval approval;
  };
  struct Disposal {
    Hash policy;
    Hash notice;
    std::optional<Approval> approval;  // nothing: by policy
  };
  /// The longest that any policy of the log has stated; of a log without one, what each log has.
  [[nodiscard]] std::uint64_t period_us() const;
  [[nodiscard]] std::uint64_t notice_us() const;
  [[nodiscard]] std::uint64_t wait_us() const;
  [[nodiscard]] const std::vector<Release>& releases() const { return releases_; }
  [[nodiscard]] const Disposal* disposal_at(LeafIndex index) const;
  [[nodiscard]] const Approval* policy_with(const Hash& leaf) const;
  [[nodiscard]] format::Mode mode() const { return who_.policy().mode; }

 private:
  Result<Approval> approval_of(const format::Note& note, LeafIndex at) const;
  Result<void> policy(std::string_view payload, const rules::Place& place);
  Result<void> hold(std::string_view payload, LeafIndex at);
  Result<void> disposal(std::string_view payload, LeafIndex at);

  rules::KeyHistory keys_;
  rules::Retention who_;  // policy and approvers alone
  std::vector<format::Policy> stated_;
  std::map<Hash, Approval> policies_;  // by leaf
  std::vector<Release> releases_;
  std::map<std::uint64_t, Disposal> disposals_;  // by index
};

/// A month that the log disposed of, before a mirror's judgement.
struct OwnCase {
  const rules::Retention& log;  // what its records come to, as the audit judged them
  const rules::Month& month;    // it has a disposal
  const Acts& acts;
  const OwnTime& time;
};

struct Doubt {
  int rule = 0;
  std::string why;
  std::optional<std::uint64_t>
      until_us{};  // about, by the mirror's clock; nothing: time changes nothing
  bool operator==(const Doubt&) const = default;
};

/// Why a mirror keeps the month; nothing: this rule lets it go.
struct OwnRule {
  int number;  // O1, O2, ...
  std::optional<Doubt> (*keeps)(const OwnCase& judged);
};
/// All of them.
std::span<const OwnRule> own_rules();

/// By these rules: empty when the mirror may let the month go.
std::vector<Doubt> doubts(std::span<const OwnRule> rules, const OwnCase& judged);
/// "O1: it saw the last record on 2026-11-21T09:00:00Z, ...; O4: ..."
std::string doubts_text(const std::vector<Doubt>& doubts);
/// When all of them have passed, about; nothing: one does not pass with time.
std::optional<std::uint64_t> until_us(const std::vector<Doubt>& doubts);

}  // namespace varve::verify
